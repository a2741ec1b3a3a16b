//! The Node-API binding of palfs: convert, dispatch, convert.
