//! Settings of the data that contradict each other, or are not for this source.

use super::DataSettings;
use crate::error::{Error, Result};
use crate::read::{Columns, Role, has_own_numbers};

impl DataSettings {
    /// What the columns of the source are, when there is no separate file of targets.
    pub(super) fn role(&self) -> Result<Role<'_>> {
        match (&self.labels, &self.targets, &self.beside) {
            (Some(_), Some(_), _) => {
                let allowed = "labels or targets: a network predicts one or the other";
                Err(Error::setting("targets", "beside labels", allowed))
            }
            (None, None, Some(path)) => {
                let allowed = "only with labels or targets, which it holds";
                Err(Error::setting("beside", path.display(), allowed))
            }
            (None, Some(Columns::Own), None) if !has_own_numbers(&self.source)? => {
                let allowed = "names of columns, or true with a file of targets beside, svmlight, or an archive with y";
                Err(Error::setting("targets", true, allowed))
            }
            (Some(columns), None, _) => Ok(Role::Labels(columns)),
            (None, Some(columns), _) => Ok(Role::Numbers(columns)),
            (None, None, None) => Ok(Role::Inputs),
        }
    }

    /// Refuses settings of tables, and a separate file of targets: for a source that has labels of its
    /// own.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the setting.
    pub fn check_own_labels(&self) -> Result<()> {
        self.table.check_unused()?;
        let only = "only with one file; a folder and generated data have labels of their own";
        match (self.role()?, &self.beside) {
            (Role::Labels(Columns::Named(names)), _) => {
                Err(Error::setting("labels", names.join(","), only))
            }
            (Role::Numbers(_), _) => Err(Error::setting("targets", "given", only)),
            (_, Some(path)) => Err(Error::setting("beside", path.display(), only)),
            _ => Ok(()),
        }
    }

    /// Refuses settings of generated data.
    pub(super) fn check_read(&self) -> Result<()> {
        if self.source.as_os_str().is_empty() {
            return Err(Error::setting("source", "(none)", "a folder or a file"));
        }
        let only = "only with generated data";
        if self.size.is_some() {
            return Err(Error::setting("size", "TRAIN,VALID,TEST", only));
        }
        for (name, folder) in [("digits", &self.digits), ("photos", &self.photos)] {
            if let Some(folder) = folder {
                return Err(Error::setting(name, folder.display(), only));
            }
        }
        Ok(())
    }
}
