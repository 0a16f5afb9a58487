{#- The code nearest to each of a lane's rows, with its squared distance: a piece of a function's body. It reads the rows
    `row<j>_<v>`, the codes from row `first_code` of `codes` on, and leaves `best<j>` and `distance<j>`. Ties go to the
    lowest index. With `broadcast`, each of the eight lanes of a subgroup loads another part of the codes and hands it
    round, since on a processor loads are what costs. -#}
{%- from "shared/rows.wgsl" import load -%}
{%- set parts = (d + 3) // 4 -%}
{%- set codes_at_once = 8 // parts if broadcast and parts < 8 else 1 -%}
{%- for j in range(rows_per_lane) %}
        var best{{ j }} = 0u;
        var distance{{ j }} = 3.4028234e38;
{%- endfor %}
{%- if broadcast %}
        let last_part = (first_code + params.codes) * {{ parts }}u - 1u;
{%- endif %}
        for (var k = 0u; k < params.codes; k += {{ codes_at_once }}u) {
{%- if broadcast %}
{%- for l in range((codes_at_once * parts + 7) // 8) %}
            let mine{{ l }} = codes[min((first_code + k) * {{ parts }}u + {{ 8 * l }}u + lane, last_part)];
{%- endfor %}
{%- endif %}
{%- for g in range(codes_at_once) %}
{%- for v in range(parts) %}
{%- if broadcast %}
            let code{{ g }}_{{ v }} = subgroupBroadcast(mine{{ (g * parts + v) // 8 }}, {{ (g * parts + v) % 8 }}u);
{%- else %}
            let code{{ g }}_{{ v }} = {{ load("codes", "first_code + k", v, d) }};
{%- endif %}
{%- endfor %}
{%- for j in range(rows_per_lane) %}
{%- for v in range(parts) %}
            let away{{ g }}_{{ j }}_{{ v }} = row{{ j }}_{{ v }} - code{{ g }}_{{ v }};
{%- endfor %}
            var squares{{ g }}_{{ j }} = away{{ g }}_{{ j }}_0 * away{{ g }}_{{ j }}_0;
{%- for v in range(1, parts) %}
            squares{{ g }}_{{ j }} = fma(away{{ g }}_{{ j }}_{{ v }}, away{{ g }}_{{ j }}_{{ v }}, squares{{ g }}_{{ j }});
{%- endfor %}
            let square{{ g }}_{{ j }} = (squares{{ g }}_{{ j }}.x + squares{{ g }}_{{ j }}.y) + (squares{{ g }}_{{ j }}.z + squares{{ g }}_{{ j }}.w);
            let nearer{{ g }}_{{ j }} = square{{ g }}_{{ j }} < distance{{ j }}{% if codes_at_once > 1 %} && k + {{ g }}u < params.codes{% endif %};
            distance{{ j }} = select(distance{{ j }}, square{{ g }}_{{ j }}, nearer{{ g }}_{{ j }});
            best{{ j }} = select(best{{ j }}, k + {{ g }}u, nearer{{ g }}_{{ j }});
{%- endfor %}
{%- endfor %}
        }
