// One head of linear attention in workgroup memory: q and k are turned into probabilities as they are loaded, {{ tile }}
// positions at a time, D = {{ depth }} channels of a head.

const LANES = 256u;
const D = {{ depth }}u;
const TILE = {{ tile }}u;
const PER_ROW = D * TILE;

var<workgroup> rows_a: array<f32, {{ depth * tile }}>;
var<workgroup> rows_b: array<f32, {{ depth * tile }}>;
var<workgroup> per_column: array<f32, {{ depth }}>;
var<workgroup> matrix: array<f32, {{ depth * depth }}>;

// Where channel 0 of q (k, v: which = 1, 2) of a position lies.
fn place(sample: u32, position: u32, which: u32, head: u32) -> u32 {
    return (((sample * params.positions + position) * 3u + which) * params.heads + head) * D;
}

// rows_a = D^-1/2 softmax(q) of the positions from `first` on, zeros past the end.
fn load_queries(sample: u32, head: u32, first: u32, lane: u32) {
    if lane < TILE {
        let position = first + lane;
        if position < params.positions {
            let q = place(sample, position, 0u, head);
            var largest = -3.4e38;
            for (var d = 0u; d < D; d += 1u) {
                largest = max(largest, qkv[q + d]);
            }
            var total = 0.0;
            for (var d = 0u; d < D; d += 1u) {
                let power = exp(qkv[q + d] - largest);
                rows_a[lane * D + d] = power;
                total += power;
            }
            let share = params.scale / total;
            for (var d = 0u; d < D; d += 1u) {
                rows_a[lane * D + d] *= share;
            }
        } else {
            for (var d = 0u; d < D; d += 1u) {
                rows_a[lane * D + d] = 0.0;
            }
        }
    }
}
