use std::sync::mpsc;
use std::task::Wake;
use std::thread::Thread;

use super::*;

const LONG: Duration = Duration::from_secs(60);

struct Unparks(Thread);

impl Wake for Unparks {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn poll(request: &mut FlightRequest<&'static str, usize>) -> Poll<Result<(usize, bool), FlightError>> {
    let waker = Waker::from(Arc::new(Unparks(thread::current())));
    request.poll(&mut Context::from_waker(&waker))
}

fn answer(request: &mut FlightRequest<&'static str, usize>) -> Result<(usize, bool), FlightError> {
    loop {
        if let Poll::Ready(answer) = poll(request) {
            return answer;
        }
        thread::park();
    }
}

/// Answers with numbers from 1 on.
fn counting() -> SingleFlight<&'static str, usize> {
    let made = Mutex::new(0);
    SingleFlight::new(move |_: &&str| {
        let mut made = made.lock().unwrap();
        *made += 1;
        *made
    })
}

/// The same, each when it is let; reports when it begins.
fn blocking() -> (SingleFlight<&'static str, usize>, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let ((begun, begins), (lets, is_let)) = (mpsc::channel(), mpsc::channel());
    let state = Mutex::new((begun, is_let, 0));
    let single = SingleFlight::new(move |_: &&str| {
        let (begun, is_let, made) = &mut *state.lock().unwrap();
        begun.send(()).unwrap();
        is_let.recv().unwrap();
        *made += 1;
        *made
    });
    (single, begins, lets)
}

#[test]
fn requests_for_the_same_before_it_is_begun_share_an_answer() {
    let single = counting();
    let [mut first, mut second, mut other] = ["a", "a", "b"].map(|key| single.join(key, LONG));
    assert_eq!(answer(&mut first), Ok((1, true)));
    assert_eq!(answer(&mut second), Ok((1, false)));
    assert_eq!(answer(&mut other), Ok((2, true)));
    assert_eq!(answer(&mut single.join("a", LONG)), Ok((3, true)), "an answer is not kept");
}

#[test]
fn a_request_while_an_answer_is_being_made_waits_for_the_next() {
    let (single, begins, lets) = blocking();
    let mut first = single.join("a", LONG);
    while begins.try_recv().is_err() {
        assert!(poll(&mut first).is_pending());
    }
    let mut late = [single.join("a", LONG), single.join("a", LONG)];
    assert!(late.iter_mut().all(|request| poll(request).is_pending()));
    lets.send(()).unwrap();
    assert_eq!(answer(&mut first), Ok((1, true)));
    lets.send(()).unwrap();
    assert_eq!(late.each_mut().map(answer), [Ok((2, true)), Ok((2, false))]);
}

#[test]
fn a_request_waits_until_its_deadline_and_the_next_is_answered() {
    let (single, begins, lets) = blocking();
    let mut first = single.join("a", LONG);
    while begins.try_recv().is_err() {
        assert!(poll(&mut first).is_pending());
    }
    first.deadline = Duration::ZERO;
    assert_eq!(answer(&mut first), Err(FlightError::TimedOut));
    assert_eq!(answer(&mut single.join("b", Duration::from_millis(10))), Err(FlightError::TimedOut));
    let mut next = single.join("a", LONG);
    lets.send(()).unwrap();
    lets.send(()).unwrap();
    assert_eq!(answer(&mut next), Ok((2, true)), "not the answer that took too long");
    assert!(
        begins.recv().is_ok() && begins.try_recv().is_err(),
        "nothing is made for a request that has gone"
    );
}

#[test]
fn a_panic_fails_the_requests_that_share_it_alone() {
    let single = SingleFlight::new(|key: &&str| match *key {
        "a" => std::panic::resume_unwind(Box::new(())),
        _ => 1,
    });
    let [mut first, mut second, mut other] = ["a", "a", "b"].map(|key| single.join(key, LONG));
    assert_eq!(answer(&mut first), Err(FlightError::Failed));
    assert_eq!(answer(&mut second), Err(FlightError::Failed));
    assert_eq!(answer(&mut other), Ok((1, true)));
}

#[test]
fn nothing_is_kept_of_requests_that_are_given_up() {
    let single = counting();
    let [first, second] = ["a", "a"].map(|key| single.join(key, LONG));
    drop(first);
    assert_eq!(single.0.lock().pending.len(), 1);
    drop(second);
    assert!(single.0.lock().pending.is_empty());
}
