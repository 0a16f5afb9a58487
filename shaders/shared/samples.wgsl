// Params and Value of a kernel that treats each sample of a tensor as values of `vector` floats (4 where the elements of a sample divide
// by 4, else 1).
struct Params {
    values: u32,
    per_sample: u32, // values
}
{{ params }}

alias Value = {{ "vec4<f32>" if vector == 4 else "f32" }};
