// The weight gradient of a convolution of stride 1, the subgroup variant: one subgroup of eight lanes per workgroup computes a row
// of taps for {{ rows }} channels of x. For software Vulkan alone, see README.md. What it calls is declared in
// shared/outer_tile.wgsl; it computes offsets in x itself, and needs OUTSIDE and, in `params`, source.
//
// It goes through its lines eight positions at a time. A value of x that was loaded once and shared by subgroupBroadcast is
// multiplied by dy at each position that it is a neighbour of.
//
// A lane holds {{ a_width }} channels of a position of x, so {{ rows }} channels take {{ rows // a_width }} lanes.
{% set halo = 0 if whole else kernel - 1 %}
{% set line = across + halo %}
{% set per_pixel = rows // a_width %}
{% set loads = (down * line * per_pixel + 7) // 8 %}
{% set part = ["x", "y", "z", "w"] %}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let place = divide(workgroup_number(workgroup, grid), params.column_groups);
    let tile = divide(place.x, params.row_groups);
    let row = tile.y * {{ rows }}u;
    let tap = tile.x;
    if tap >= {{ kernel }}u {
        return;
    }
    let column = place.y * {{ 8 * spans }}u + lane;
    {% for s in range(spans) %}
    let column_{{ s }} = min(column + {{ 8 * s }}u, (params.n - 1u) / {{ width }}u);
    {% endfor %}
    let side = params.source;
    // The lines that meet a line of x through this row of taps: `met` of each picture, from `top` on.
    let below = i32(tap) - {{ kernel // 2 }};
    let top = u32(max(-below, 0));
    let met = u32(max(i32(side.x) - abs(below), 0));
    let pictures = divide(divide(params.k, side.y).x, side.x).x;
    // A part is as many lines of a picture, counted over those that are met alone.
    let lines_per_part = divide(params.k_per_part, side.y).x;
    let first = divide(workgroup.z * lines_per_part * met, side.x).x;
    let end = min(divide((workgroup.z + 1u) * lines_per_part * met, side.x).x, pictures * met);
    {% for j in range(loads) %}
    let pixel_{{ j }} = ({{ 8 * j }}u + lane) / {{ per_pixel }}u;
    let channel_{{ j }} = row + ({{ 8 * j }}u + lane) % {{ per_pixel }}u * {{ a_width }}u;
    {% endfor %}
    {% for t in range(kernel) %}
    {% for r in range(rows) %}
    {% for s in range(spans) %}
    var sum_{{ t }}_{{ r }}_{{ s }} = {{ column }}();
    {% endfor %}
    {% endfor %}
    {% endfor %}
    {% if bias %}
    {% for s in range(spans) %}
    var bias_{{ s }} = {{ column }}();
    {% endfor %}
    {% endif %}
    for (var line = first; line < end; line += {{ down }}u) {
        {% for j in range(loads) %}
        let met_{{ j }} = divide(line + pixel_{{ j }} / {{ line }}u, met);
        let inside_{{ j }} = line + pixel_{{ j }} / {{ line }}u < end;
        let row_of_x_{{ j }} = (met_{{ j }}.x * side.x + met_{{ j }}.y + top + tap - {{ kernel // 2 }}u) * side.y;
        {% endfor %}
        {% for r in range(down) %}
        let dy_met_{{ r }} = divide(min(line + {{ r }}u, end - 1u), met);
        let dy_line_{{ r }} = (dy_met_{{ r }}.x * side.x + dy_met_{{ r }}.y + top) * side.y;
        {% endfor %}
        for (var x = 0u; x < side.y; x += {{ across }}u) {
            // All loads first: a load ends a basic block, over which accumulators would be kept in memory.
            {% for j in range(loads) %}
            let x_{{ j }} = x + pixel_{{ j }} % {{ line }}u - {{ halo // 2 }}u;
            let a_{{ j }} = load_a(select(OUTSIDE, (row_of_x_{{ j }} + x_{{ j }}) * params.m, inside_{{ j }} && x_{{ j }} < side.y), channel_{{ j }});
            {% endfor %}
            {% for p in range(down * across) %}
            let there_{{ p }} = line + {{ p // across }}u < end && x + {{ p % across }}u < side.y;
            let pixel_of_dy_{{ p }} = select(0u, dy_line_{{ p // across }} + x + {{ p % across }}u, there_{{ p }});
            {% for s in range(spans) %}
            let b_{{ p }}_{{ s }} = select({{ column }}(), load_b(pixel_of_dy_{{ p }}, column_{{ s }}, 0u), there_{{ p }});
            {% endfor %}
            {% endfor %}
            {% if bias %}
            {% for s in range(spans) %}
            bias_{{ s }} += {% for p in range(down * across) %}b_{{ p }}_{{ s }}{{ " + " if not loop.last }}{% endfor %};
            {% endfor %}
            {% endif %}
            {% for r in range(rows) %}
            {% for p in range(down * line) %}
            {% set at = p * per_pixel + r // a_width %}
            let a_{{ r }}_{{ p }} = {{ column }}(subgroupBroadcast(a_{{ at // 8 }}{{ "." ~ part[r % a_width] if a_width > 1 else "" }}, {{ at % 8 }}u));
            {% for t in range(kernel) %}
            {% set to = p % line - t + (kernel // 2 if whole else 0) %}
            {% if to >= 0 and to < across %}
            {% for s in range(spans) %}
            {% set sum = "sum_" ~ t ~ "_" ~ r ~ "_" ~ s %}
            {{ sum }} = fma(a_{{ r }}_{{ p }}, b_{{ p // line * across + to }}_{{ s }}, {{ sum }});
            {% endfor %}
            {% endif %}
            {% endfor %}
            {% endfor %}
            {% endfor %}
        }
    }
    {% for s in range(spans) %}
    {% if not even %}
    if (column + {{ 8 * s }}u) * {{ width }}u < params.n {
    {% endif %}
        {% for r in range(rows) %}
        {% if not even %}
        if row + {{ r }}u < params.m {
        {% endif %}
            {% for t in range(kernel) %}
            store(tap * {{ kernel }}u + {{ t }}u, row + {{ r }}u, column + {{ 8 * s }}u, sum_{{ t }}_{{ r }}_{{ s }}, workgroup.z);
            {% endfor %}
        {% if not even %}
        }
        {% endif %}
        {% endfor %}
        {% if bias %}
        if row == 0u && tap == {{ kernel // 2 }}u {
            store_bias(column + {{ 8 * s }}u, bias_{{ s }}, workgroup.z);
        }
        {% endif %}
    {% if not even %}
    }
    {% endif %}
    {% endfor %}
}
