//! Stories over containers: the image and the compose files as they are published. scripts/test-containers runs them.

mod cluster;
mod demo;
mod image;
mod kills;
mod rules;
