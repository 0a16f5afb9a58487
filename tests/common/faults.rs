//! Faults planted in kernels, which instruments must catch.

use flocoder::shader::Kernel;

/// silu_fwd stores one quad beyond the end.
pub fn store_beyond_the_end(kernel: &'static Kernel, text: String) -> String {
    changed(kernel, text, "silu_fwd", "if i < params.quads", "if i <= params.quads")
}

/// The product core's tile variant computes with slices that other invocations may still be writing.
pub fn missing_barrier(kernel: &'static Kernel, text: String) -> String {
    if kernel.name != "matmul" {
        return text;
    }
    let barrier = "workgroupBarrier();";
    let last = text.rfind(barrier).expect("matmul has barriers");
    format!("{}{}", &text[..last], &text[last + barrier.len()..])
}

/// The last steps of softmax_fwd's reductions have no barriers, as if eight invocations always ran in lock step.
pub fn steps_without_barrier(kernel: &'static Kernel, text: String) -> String {
    let [from, to] = ["workgroupBarrier();", "if half > 8u { workgroupBarrier(); }"]
        .map(|barrier| format!("        }}\n        {barrier}\n    }}"));
    changed(kernel, text, "softmax_fwd", &from, &to)
}

/// silu_fwd takes numbers of 16 bits for 0.2 % more than they are: two units in their last place.
pub fn wrong_f16(kernel: &'static Kernel, text: String) -> String {
    changed(kernel, text, "silu_fwd", "= vec4<f32>(", "= 1.002 * vec4<f32>(")
}

/// silu_fwd stores numbers of 16 bits that are wrong by as much.
pub fn wrong_f16_store(kernel: &'static Kernel, text: String) -> String {
    changed(kernel, text, "silu_fwd", "= vec4<f16>(", "= vec4<f16>(1.002 * ")
}

/// silu_fwd drops the last of four numbers of 16 bits.
pub fn dropped_f16(kernel: &'static Kernel, text: String) -> String {
    changed(kernel, text, "silu_fwd", "= vec4<f32>(", "= vec4(1.0, 1.0, 1.0, 0.0) * vec4<f32>(")
}

/// silu_fwd takes numbers of 16 bits without a conversion.
pub fn missing_f16(kernel: &'static Kernel, text: String) -> String {
    changed(kernel, text, "silu_fwd", "= vec4<f32>(", "= (")
}

/// The text of one kernel with one piece replaced.
#[track_caller]
pub fn changed(kernel: &'static Kernel, text: String, name: &str, from: &str, to: &str) -> String {
    if kernel.name != name {
        return text;
    }
    assert!(text.contains(from), "{from} is not in\n{text}");
    text.replace(from, to)
}
