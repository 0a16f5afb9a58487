// Params of a kernel that treats a tensor as quads, vectors of four floats. The last may be partly padding.
struct Params {
    quads: u32,
}
{{ params }}
