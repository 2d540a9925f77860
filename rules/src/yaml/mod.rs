//! YAML as a tree that knows where each part stands, with scalars read the way yaml-cpp reads them.

mod align;
mod compose;
mod decode;
mod explain;
mod node;

pub(crate) use compose::parse;
pub(crate) use decode::{boolean, unsigned};
pub(crate) use node::Node;
