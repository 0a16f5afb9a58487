// The matrix product of a convolution of stride 1, the subgroup variant: one subgroup of {{ lanes }} lanes per workgroup computes a tile of
// {{ lines }} lines of {{ segment }} output positions. For software Vulkan alone, see README.md. What it calls is declared in
// shared/product_tile.wgsl; it computes offsets in A itself, and needs OUTSIDE and, in `params`, source, tiles_across and images.
//
// The positions of a line are loaded once for all taps of a row of the kernel: a value of A that subgroupBroadcast has shared is
// used for every output position that it is a neighbour of. A lane holds {{ a_width }} channels of a position, so {{ chunk }} channels take
// {{ chunk // a_width }} lanes.
//
// segment, lines: size of a tile. whole_line: whether a segment is a whole line, and has no halo. divides: whether all tiles are full.
// same_line: whether the lines of a tile are the same line of as many images. Then rows of the kernel above or below the images are
// skipped: a third of all for images of two lines.
{% set halo = 0 if whole_line else kernel - 1 %}
{% set line_length = segment + halo %}
{% set lanes_each = chunk // a_width %}
{% set at_once = lanes // lanes_each %}
{% set loads = (lines * line_length + at_once - 1) // at_once %}
{% set positions = lines * segment %}
{% set stored = (positions + 15) // 16 %}
{% set component = ["x", "y", "z", "w"] %}
{% from "software/pick.wgsl" import pick %}

{% if same_line %}
{% set lines_end = "params.images" %}
{% else %}
{% set lines_end = "params.images * params.source.x" %}
{% endif %}

// The number, over all images, of the tile's line r.
fn line_of(first: u32, r: u32, y: u32) -> u32 {
    {% if same_line %}
    return (first + r) * params.source.x + y;
    {% else %}
    return first + r;
    {% endif %}
}

// The row of C of the tile's position.
fn row_of(first: u32, position: u32, x: u32, y: u32) -> u32 {
    return line_of(first, position / {{ segment }}u, y) * params.source.y + x + position % {{ segment }}u;
}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let group = divide(workgroup_number(workgroup, grid), params.column_groups);
    let tile = divide(group.x, params.tiles_across);
    let x = tile.y * {{ segment }}u;
    {% if same_line %}
    // The first of the images, and the height of its line.
    let line = divide(tile.x, params.source.x);
    let first = line.x * {{ lines }}u;
    let y = line.y;
    let first_tap = max(y, {{ kernel // 2 }}u) - y;
    let end_tap = min({{ kernel }}u, params.source.x + {{ kernel // 2 }}u - y);
    {% else %}
    let first = tile.x * {{ lines }}u;
    let y = 0u;
    let first_tap = 0u;
    let end_tap = {{ kernel }}u;
    {% endif %}
    if first >= {{ lines_end }} {
        return;
    }
    let column = group.y * {{ lanes * vectors }}u + lane;
    {% for s in range(vectors) %}
    let column_{{ s }} = min(column + {{ lanes * s }}u, (params.n - 1u) / {{ width }}u);
    {% endfor %}
    {% for j in range(loads) %}
    let position_{{ j }} = {{ j * at_once }}u + lane / {{ lanes_each }}u;
    let x_{{ j }} = x + position_{{ j }} % {{ line_length }}u - {{ halo // 2 }}u;
    let line_{{ j }} = line_of(first, position_{{ j }} / {{ line_length }}u, y);
    let inside_{{ j }} = x_{{ j }} < params.source.y && first + position_{{ j }} / {{ line_length }}u < {{ lines_end }};
    {% if not same_line %}
    let y_{{ j }} = divide(line_{{ j }}, params.source.x).y;
    {% endif %}
    {% endfor %}
    {% for r in range(positions) %}
    {% for s in range(vectors) %}
    var sum_{{ r }}_{{ s }} = {{ column }}();
    {% endfor %}
    {% endfor %}
    // Of positions in lines that exist, as in product_subgroup.
    let end_line = min(first + {{ lines }}u, {{ lines_end }});
    {% if accumulate %}
    for (var i = 0u; first * {{ segment }}u + i * {{ stored }}u < end_line * {{ segment }}u; i += 1u) {
        {% for r in range(stored) %}
        let at_{{ r }} = min(row_of(first, i * {{ stored }}u + {{ r }}u, x, y), params.m - 1u);
        {% for s in range(vectors) %}
        let c_{{ r }}_{{ s }} = load_c(at_{{ r }}, column_{{ s }}, 0u);
        {% endfor %}
        {% endfor %}
        {% for r in range(positions) %}
        {% for s in range(vectors) %}
        sum_{{ r }}_{{ s }} = select(sum_{{ r }}_{{ s }}, c_{{ r % stored }}_{{ s }}, (i ^ {{ r // stored }}u) == 0u);
        {% endfor %}
        {% endfor %}
    }
    {% endif %}
    for (var tap = first_tap; tap < end_tap; tap += 1u) {
        {% for j in range(loads) %}
        let unpadded_{{ j }} = ((line_{{ j }} + tap - {{ kernel // 2 }}u) * params.source.y + x_{{ j }}) * params.k;
        let offset_{{ j }} = select(OUTSIDE, unpadded_{{ j }}, inside_{{ j }}{% if not same_line %} && y_{{ j }} + tap - {{ kernel // 2 }}u < params.source.x{% endif %});
        {% endfor %}
        for (var k = 0u; k < params.k; k += {{ chunk }}u) {
            let own_k = k + (lane % {{ lanes_each }}u) * {{ a_width }}u;
            // All loads first: each ends a basic block, and accumulators that live across one are spilled to memory.
            {% for j in range(loads) %}
            let a_{{ j }} = load_a(offset_{{ j }}, own_k);
            {% endfor %}
            {% for t in range(kernel) %}
            {% for s in range(vectors) %}
            {% if b_transposed %}
            {% for l in range(lanes_each) %}
            let b_vector_{{ t }}_{{ l }}_{{ s }} = load_b_transposed(tap * {{ kernel }}u + {{ t }}u, k + {{ l * a_width }}u, column_{{ s }}, 0u);
            {% for c in range(a_width) %}
            let b_{{ t }}_{{ l * a_width + c }}_{{ s }} = b_vector_{{ t }}_{{ l }}_{{ s }}{{ "." ~ component[c] if a_width > 1 else "" }};
            {% endfor %}
            {% endfor %}
            {% else %}
            {% for i in range(chunk) %}
            let b_{{ t }}_{{ i }}_{{ s }} = load_b(tap * {{ kernel }}u + {{ t }}u, k + {{ i }}u, column_{{ s }}, 0u);
            {% endfor %}
            {% endif %}
            {% endfor %}
            {% endfor %}
            {% for p in range(lines * line_length) %}
            {% for i in range(chunk) %}
            let a_{{ p }}_{{ i }} = {{ column }}(subgroupBroadcast(a_{{ p // at_once }}{{ "." ~ component[i % a_width] if a_width > 1 else "" }}, {{ p % at_once * lanes_each + i // a_width }}u));
            {% for t in range(kernel) %}
            {% set to = p % line_length - t + (kernel // 2 if whole_line else 0) %}
            {% if to >= 0 and to < segment %}
            {% for s in range(vectors) %}
            {% set sum = "sum_" ~ (p // line_length * segment + to) ~ "_" ~ s %}
            {{ sum }} = fma(a_{{ p }}_{{ i }}, b_{{ t }}_{{ i }}_{{ s }}, {{ sum }});
            {% endfor %}
            {% endif %}
            {% endfor %}
            {% endfor %}
            {% endfor %}
        }
    }
    {% for s in range(vectors) %}
    let bias_{{ s }} = load_bias(column_{{ s }});
    {% endfor %}
    for (var i = 0u; first * {{ segment }}u + i * {{ stored }}u < end_line * {{ segment }}u; i += 1u) {
        {% for r in range(stored) %}
        let position_{{ r }} = i * {{ stored }}u + {{ r }}u;
        {% if not divides %}
        if first + position_{{ r }} / {{ segment }}u < {{ lines_end }} && x + position_{{ r }} % {{ segment }}u < params.source.y {
        {% endif %}
            // Out-of-range columns were clamped to the last one and store its value again, as in product_subgroup.
            {% for s in range(vectors) %}
            store(row_of(first, position_{{ r }}, x, y), column_{{ s }}, {{ pick("sum_", range(r, positions, stored) | list, "_" ~ s) }}, bias_{{ s }}, 0u);
            {% endfor %}
        {% if not divides %}
        }
        {% endif %}
        {% endfor %}
    }
}
