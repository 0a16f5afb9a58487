// Linear attention over one head of D = {{ depth }} channels, in tiles of {{ tile }} positions that are loaded to workgroup memory.

const WORKGROUP_SIZE = 256u;
const D = {{ depth }}u;
const TILE = {{ tile }}u;
const TILE_ELEMENTS = D * TILE;

// Two operands, [TILE, D].
var<workgroup> rows_a: array<f32, {{ depth * tile }}>;
var<workgroup> rows_b: array<f32, {{ depth * tile }}>;

// FXC, the compiler of DX12 without dxcompiler.dll, takes a member of `params` that is read inside of a loop for varying, and refuses the
// barriers after it. So kernels read the number of positions once, and hand it on.

// Index of channel 0 of q (k, v: which = 1, 2) at a position.
fn qkv_start(sample: u32, positions: u32, position: u32, which: u32, head: u32) -> u32 {
    return (((sample * positions + position) * 3u + which) * params.heads + head) * D;
}

// rows_a = D^-1/2 softmax(q) of the positions from `first` on, zeros past the end.
fn load_queries(sample: u32, positions: u32, head: u32, first: u32, invocation: u32) {
    if invocation < TILE {
        let position = first + invocation;
        if position < positions {
            let q = qkv_start(sample, positions, position, 0u, head);
            var max_q = -3.4e38;
            for (var d = 0u; d < D; d += 1u) {
                max_q = max(max_q, qkv[q + d]);
            }
            var sum_exp = 0.0;
            for (var d = 0u; d < D; d += 1u) {
                let exp_q = exp(qkv[q + d] - max_q);
                rows_a[invocation * D + d] = exp_q;
                sum_exp += exp_q;
            }
            let scale_over_sum = params.scale / sum_exp;
            for (var d = 0u; d < D; d += 1u) {
                rows_a[invocation * D + d] *= scale_over_sum;
            }
        } else {
            for (var d = 0u; d < D; d += 1u) {
                rows_a[invocation * D + d] = 0.0;
            }
        }
    }
}
