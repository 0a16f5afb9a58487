// The weight gradient of a convolution of stride 1, the subgroup variant: one subgroup of {{ lanes }} lanes per workgroup computes a row
// of taps for {{ rows }} channels of x. For software Vulkan alone, see README.md. What it calls is declared in
// shared/outer_tile.wgsl; it computes offsets in x itself, and needs OUTSIDE and, in `params`, source.
//
// A step takes {{ lines }} lines of {{ segment }} positions of dy. A value of x that was loaded once and shared by subgroupBroadcast is multiplied
// by dy at each position that it is a neighbour of. A lane holds {{ a_width }} channels of a position of x, so {{ rows }} channels take
// {{ rows // a_width }} lanes.
//
// segment, lines: size of a step. whole_line: whether a segment is a whole line, and has no halo. divides: whether the groups of rows and
// columns of C are all full.
{% set halo = 0 if whole_line else kernel - 1 %}
{% set line_length = segment + halo %}
{% set lanes_each = rows // a_width %}
{% set loads = (lines * line_length * lanes_each + lanes - 1) // lanes %}
{% set component = ["x", "y", "z", "w"] %}
{% set stored = [1, rows // 16] | max %}
{% from "software/pick.wgsl" import pick %}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let group = divide(workgroup_number(workgroup, grid), params.column_groups);
    let tile = divide(group.x, params.row_groups);
    let row = tile.y * {{ rows }}u;
    let tap = tile.x;
    if tap >= {{ kernel }}u {
        return;
    }
    let column = group.y * {{ lanes * vectors }}u + lane;
    {% for s in range(vectors) %}
    let column_{{ s }} = min(column + {{ lanes * s }}u, (params.n - 1u) / {{ width }}u);
    {% endfor %}
    let side = params.source;
    // The lines of dy that this row of taps shifts to a line of x inside the image: `inner_lines` per image, from line `top` on.
    let shift = i32(tap) - {{ kernel // 2 }};
    let top = u32(max(-shift, 0));
    let inner_lines = u32(max(i32(side.x) - abs(shift), 0));
    let images = divide(divide(params.k, side.y).x, side.x).x;
    // A partial takes the same share of these lines as of all lines.
    let lines_per_partial = divide(params.k_per_partial, side.y).x;
    let first = divide(workgroup.z * lines_per_partial * inner_lines, side.x).x;
    let end = min(divide((workgroup.z + 1u) * lines_per_partial * inner_lines, side.x).x, images * inner_lines);
    {% for j in range(loads) %}
    let position_{{ j }} = ({{ lanes * j }}u + lane) / {{ lanes_each }}u;
    let channel_{{ j }} = row + ({{ lanes * j }}u + lane) % {{ lanes_each }}u * {{ a_width }}u;
    {% endfor %}
    {% for t in range(kernel) %}
    {% for r in range(rows) %}
    {% for s in range(vectors) %}
    var sum_{{ t }}_{{ r }}_{{ s }} = {{ column }}();
    {% endfor %}
    {% endfor %}
    {% endfor %}
    {% if bias %}
    {% for s in range(vectors) %}
    var bias_{{ s }} = {{ column }}();
    {% endfor %}
    {% endif %}
    for (var line = first; line < end; line += {{ lines }}u) {
        {% for j in range(loads) %}
        let place_{{ j }} = divide(line + position_{{ j }} / {{ line_length }}u, inner_lines);
        let inside_{{ j }} = line + position_{{ j }} / {{ line_length }}u < end;
        let row_of_x_{{ j }} = (place_{{ j }}.x * side.x + place_{{ j }}.y + top + tap - {{ kernel // 2 }}u) * side.y;
        {% endfor %}
        {% for r in range(lines) %}
        let place_of_dy_{{ r }} = divide(min(line + {{ r }}u, end - 1u), inner_lines);
        let dy_line_{{ r }} = (place_of_dy_{{ r }}.x * side.x + place_of_dy_{{ r }}.y + top) * side.y;
        {% endfor %}
        for (var x = 0u; x < side.y; x += {{ segment }}u) {
            // All loads first: each ends a basic block, and accumulators that live across one are spilled to memory.
            {% for j in range(loads) %}
            let x_{{ j }} = x + position_{{ j }} % {{ line_length }}u - {{ halo // 2 }}u;
            let a_{{ j }} = load_a(select(OUTSIDE, (row_of_x_{{ j }} + x_{{ j }}) * params.m, inside_{{ j }} && x_{{ j }} < side.y), channel_{{ j }});
            {% endfor %}
            {% for p in range(lines * segment) %}
            let inside_dy_{{ p }} = line + {{ p // segment }}u < end && x + {{ p % segment }}u < side.y;
            let position_of_dy_{{ p }} = select(0u, dy_line_{{ p // segment }} + x + {{ p % segment }}u, inside_dy_{{ p }});
            {% for s in range(vectors) %}
            let b_{{ p }}_{{ s }} = select({{ column }}(), load_b(position_of_dy_{{ p }}, column_{{ s }}, 0u), inside_dy_{{ p }});
            {% endfor %}
            {% endfor %}
            {% if bias %}
            {% for s in range(vectors) %}
            bias_{{ s }} += {% for p in range(lines * segment) %}b_{{ p }}_{{ s }}{{ " + " if not loop.last }}{% endfor %};
            {% endfor %}
            {% endif %}
            {% for r in range(rows) %}
            {% for p in range(lines * line_length) %}
            {% set at = p * lanes_each + r // a_width %}
            let a_{{ r }}_{{ p }} = {{ column }}(subgroupBroadcast(a_{{ at // lanes }}{{ "." ~ component[r % a_width] if a_width > 1 else "" }}, {{ at % lanes }}u));
            {% for t in range(kernel) %}
            {% set to = p % line_length - t + (kernel // 2 if whole_line else 0) %}
            {% if to >= 0 and to < segment %}
            {% for s in range(vectors) %}
            {% set sum = "sum_" ~ t ~ "_" ~ r ~ "_" ~ s %}
            {{ sum }} = fma(a_{{ r }}_{{ p }}, b_{{ p // line_length * segment + to }}_{{ s }}, {{ sum }});
            {% endfor %}
            {% endif %}
            {% endfor %}
            {% endfor %}
            {% endfor %}
        }
    }
    let end_row = min(row + {{ rows }}u, params.m);
    {% for s in range(vectors) %}
    {% if not divides %}
    if (column + {{ lanes * s }}u) * {{ width }}u < params.n {
    {% endif %}
        for (var i = 0u; row + i * {{ stored }}u < end_row; i += 1u) {
            {% for r in range(stored) %}
            {% if not divides %}
            if row + i * {{ stored }}u + {{ r }}u < params.m {
            {% endif %}
                {% for t in range(kernel) %}
                store(tap * {{ kernel }}u + {{ t }}u, row + i * {{ stored }}u + {{ r }}u, column + {{ lanes * s }}u, {{ pick("sum_" ~ t ~ "_", range(r, rows, stored) | list, "_" ~ s) }}, workgroup.z);
                {% endfor %}
            {% if not divides %}
            }
            {% endif %}
            {% endfor %}
        }
        {% if bias %}
        if row == 0u && tap == {{ kernel // 2 }}u {
            store_bias(column + {{ lanes * s }}u, bias_{{ s }}, workgroup.z);
        }
        {% endif %}
    {% if not divides %}
    }
    {% endif %}
    {% endfor %}
}
