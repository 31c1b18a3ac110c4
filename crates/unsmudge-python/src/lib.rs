//! The extension module of the Python package: arrays in, models and arrays out. Training is in the
//! library; the estimators are in Python (`python/unsmudge`).

mod arrow; // tables of anybody who speaks Arrow
mod errors; // the library's errors as Python's
mod learn; // a recipe learned from arrays, watched from Python
mod model; // what was learned, and how it is used
mod online; // rows that come in parts
mod rows; // arrays as examples
mod settings; // parameters as settings
mod signals; // Ctrl-C in the midst of long work
mod table; // models of tables, whose missing cells are filled
mod diffusion; // models that samples are drawn from
mod detector; // detectors of unusual rows and cells

/// Implementation of the estimators. Use those: this module may change at any time.
#[pyo3::pymodule]
mod _native {
    /// The version of the library.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    use crate::arrow::read_arrow;
    #[pymodule_export]
    use crate::detector::TableDetector;
    #[pymodule_export]
    use crate::diffusion::DiffusionModel;
    #[pymodule_export]
    use crate::learn::{Fitted, fit};
    #[pymodule_export]
    use crate::model::Model;
    #[pymodule_export]
    use crate::online::Online;
    #[pymodule_export]
    use crate::table::{TableModel, format_of};
}
