use crate::levels::service::LevelsService;
use crate::serving::service::AdminService;

impl AdminService {
    /// Serves log levels at `/levels`.
    pub fn levels(self, levels: LevelsService) -> Self {
        self.with(|parts| parts.levels = Some(levels))
    }
}
