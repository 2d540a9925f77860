//! The fields of the containers of a pod in the request: the same rows for each of the three lists of them.

use super::{Field, pod, walk};

macro_rules! container_fields {
    ($constant:ident, $list:literal, $what:literal $(, $more:expr)*) => {
        pub(super) const $constant: &[Field] = &[
            container_fields!(@row $list, "name", ["name"], "The names", $what).reading(walk::complete),
            container_fields!(@row $list, "image", ["image"], "The images", $what).reading(walk::complete),
            container_fields!(@row $list, "image.repository", ["image"], "The repositories of the images, without tag and digest,", $what)
                .reading(pod::repositories)
                .but_falco(&["requestObject", "spec", $list, "image"], pod::repositories_cut, "Cut at the first colon: of reg:5000/app that leaves reg."),
            container_fields!(@row $list, "command", ["command"], "The commands, each joined by blanks,", $what).reading(pod::joined),
            container_fields!(@row $list, "args", ["args"], "The arguments, those of a container joined by blanks,", $what).reading(pod::joined),
            container_fields!(@row $list, "privileged", ["securityContext", "privileged"], "The values of privileged, where set, in the security contexts", $what),
            container_fields!(@row $list, "allow_privilege_escalation", ["securityContext", "allowPrivilegeEscalation"], "The values of allowPrivilegeEscalation, where set, in the security contexts", $what),
            container_fields!(@row $list, "read_only_fs", ["securityContext", "readOnlyRootFilesystem"], "The values of readOnlyRootFilesystem, where set, in the security contexts", $what),
            container_fields!(@row $list, "run_as_user", ["securityContext", "runAsUser"], "The values of runAsUser, where set, in the security contexts", $what),
            container_fields!(@row $list, "eff_run_as_user", ["securityContext", "runAsUser"], "The user of each (its own, else the pod's, else 0)", $what)
                .reading(pod::effective)
                .but_falco(&["requestObject", "spec", $list, "runAsUser"], pod::effective_misread, "Looked for beside the security contexts, so 0 for real pods."),
            container_fields!(@row $list, "run_as_group", ["securityContext", "runAsGroup"], "The values of runAsGroup, where set, in the security contexts", $what),
            container_fields!(@row $list, "eff_run_as_group", ["securityContext", "runAsGroup"], "The group of each (its own, else the pod's, else 0)", $what)
                .reading(pod::effective)
                .but_falco(&["requestObject", "spec", $list, "runAsGroup"], pod::effective_misread, "Looked for beside the security contexts, so 0 for real pods."),
            container_fields!(@row $list, "proc_mount", ["securityContext", "procMount"], "The values of procMount, where set, in the security contexts", $what),
            container_fields!(@row $list, "add_capabilities", ["securityContext", "capabilities", "add"], "The capabilities added", $what)
                .reading(pod::flattened)
                .but_falco(&["requestObject", "spec", $list, "securityContext", "capabilities", "add"], walk::present, "The whole list of each container, as JSON, is one element."),
            $($more,)*
        ];
    };
    (@row $list:literal, $name:literal, [$($key:literal),*], $doc:literal, $what:literal) => {
        Field::walked(
            concat!("ka.req.pod.", $list, ".", $name),
            &["requestObject", "spec", $list, $($key),*],
            concat!($doc, " ", $what),
        )
    };
}

container_fields!(
    MAIN,
    "containers",
    "of the containers of a pod in the request.",
    container_fields!(@row "containers", "host_port", ["ports"], "The host ports, or container ports where none is set,", "of the containers of a pod in the request.")
        .reading(pod::host_ports)
);
container_fields!(
    INIT,
    "initContainers",
    "of the init containers of a pod in the request.",
    container_fields!(@row "initContainers", "host_port", ["ports"], "The host ports, or container ports where none is set,", "of the init containers of a pod in the request.")
        .reading(pod::host_ports)
);
container_fields!(EPHEMERAL, "ephemeralContainers", "of the ephemeral containers of a pod in the request.");
