use std::fs::File;
use std::io::{self, IoSlice, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use rustix::net::{
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, sendmsg_addr, sendto,
};

/// How long an entry may wait for room.
const PATIENCE: Duration = Duration::from_millis(5);

/// A socket from which entries are sent to the journal.
#[derive(Debug)]
pub(crate) struct Socket {
    socket: UnixDatagram,
    /// Resolved at every call, so that a restarted journal is found.
    address: SocketAddrUnix,
}

impl Socket {
    /// Fails if nothing listens at the path.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        UnixDatagram::unbound()?.connect(path)?;
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { socket, address: SocketAddrUnix::new(path)? })
    }

    /// Sends an entry. Without room for it, fails at once, or after [`PATIENCE`] if it may wait.
    pub(crate) fn send(&self, entry: &[u8], may_wait: bool) -> io::Result<()> {
        let flags = if may_wait { SendFlags::NOSIGNAL } else { SendFlags::NOSIGNAL | SendFlags::DONTWAIT };
        loop {
            let sent = match sendto(&self.socket, entry, flags, &self.address) {
                Err(Errno::MSGSIZE | Errno::NOBUFS) => self.send_as_file(entry, flags),
                sent => sent,
            };
            match sent {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends an entry that is too long for a datagram as the descriptor of sealed memory.
    fn send_as_file(&self, entry: &[u8], flags: SendFlags) -> Result<usize, Errno> {
        let memory = memfd_create("radiosonde-journal", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC)?;
        let mut file = File::from(memory);
        file.write_all(entry).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
        let descriptors = [file.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg_addr(&self.socket, &self.address, &[IoSlice::new(&[])], &mut control, flags)
    }
}
