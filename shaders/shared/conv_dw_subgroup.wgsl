// The weight gradient of a convolution of stride 1, for software Vulkan: one subgroup of eight lanes per workgroup computes a row
// of taps for {{ rows }} channels of x. It goes through its part of the lines, eight pixels at a time; a pixel of x that was
// loaded once, and handed round by subgroupBroadcast, is multiplied by each pixel of dy that it is next to.
//
// A lane holds {{ a_width }} channels of a pixel of x, so {{ rows }} channels take {{ rows // a_width }} lanes.
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
    let first = divide(workgroup.z * params.pixels_per_part, side.y).x;
    let end = min(first + divide(params.pixels_per_part, side.y).x, divide(params.pixels, side.y).x);
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
        // The line of x that this row of taps meets: its first pixel, if it is a line of the same picture.
        {% for j in range(loads) %}
        let line_{{ j }} = line + pixel_{{ j }} / {{ line }}u;
        let y_{{ j }} = divide(line_{{ j }}, side.x).y + tap - {{ kernel // 2 }}u;
        let inside_{{ j }} = y_{{ j }} < side.x && line_{{ j }} < end;
        let from_{{ j }} = (line_{{ j }} + tap - {{ kernel // 2 }}u) * side.y;
        {% endfor %}
        for (var x = 0u; x < side.y; x += {{ across }}u) {
            // All loads first: a load ends a basic block, over which accumulators would be kept in memory.
            {% for j in range(loads) %}
            let x_{{ j }} = x + pixel_{{ j }} % {{ line }}u - {{ halo // 2 }}u;
            let a_{{ j }} = load_a(select(OUTSIDE, (from_{{ j }} + x_{{ j }}) * params.m, inside_{{ j }} && x_{{ j }} < side.y), channel_{{ j }});
            {% endfor %}
            {% for p in range(down * across) %}
            let there_{{ p }} = line + {{ p // across }}u < end && x + {{ p % across }}u < side.y;
            let pixel_of_dy_{{ p }} = select(0u, (line + {{ p // across }}u) * side.y + x + {{ p % across }}u, there_{{ p }});
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
        if row == 0u && tap == 0u {
            store_bias(column + {{ 8 * s }}u, bias_{{ s }}, workgroup.z);
        }
        {% endif %}
    {% if not even %}
    }
    {% endif %}
    {% endfor %}
}
