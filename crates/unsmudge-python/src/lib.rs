//! The Python door: scikit-learn estimators over the library's public names will stand here.
//! An empty room for now, so that the workspace has its final shape.
