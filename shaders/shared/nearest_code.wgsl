{#- Inside main: finds the code nearest to each of an invocation's rows. Reads the rows `row<j>_<v>`, quads of floats, and the codes from
    row `first_code` of `codes` on, and declares `best<j>` and the squared distances `distance<j>`. Ties go to the lowest index. NaN is
    larger than any distance: if all are NaN or overflow, the code is 0 and the distance LARGEST. With `broadcast`, each of the
    `lanes` of a subgroup loads different quads of the codes and broadcasts them: on a CPU, loads are the bottleneck. -#}
{%- from "shared/rows.wgsl" import load -%}
{%- set quads = (d + 3) // 4 -%}
{%- set codes_at_once = lanes // quads if broadcast and quads < lanes else 1 -%}
{%- for j in range(rows_per_invocation) %}
        var best{{ j }} = 0u;
        var distance{{ j }} = LARGEST;
{%- endfor %}
{%- if broadcast %}
        let last_quad = (first_code + params.codes) * {{ quads }}u - 1u;
{%- endif %}
        for (var k = 0u; k < params.codes; k += {{ codes_at_once }}u) {
{%- if broadcast %}
{%- for l in range((codes_at_once * quads + lanes - 1) // lanes) %}
            let loaded{{ l }} = codes[min((first_code + k) * {{ quads }}u + {{ lanes * l }}u + invocation, last_quad)];
{%- endfor %}
{%- endif %}
{%- for g in range(codes_at_once) %}
{%- for v in range(quads) %}
{%- if broadcast %}
            let code{{ g }}_{{ v }} = subgroupBroadcast(loaded{{ (g * quads + v) // lanes }}, {{ (g * quads + v) % lanes }}u);
{%- else %}
            let code{{ g }}_{{ v }} = {{ load("codes", "first_code + k", v, d) }};
{%- endif %}
{%- endfor %}
{%- for j in range(rows_per_invocation) %}
{%- for v in range(quads) %}
            let difference{{ g }}_{{ j }}_{{ v }} = row{{ j }}_{{ v }} - code{{ g }}_{{ v }};
{%- endfor %}
            var squares{{ g }}_{{ j }} = difference{{ g }}_{{ j }}_0 * difference{{ g }}_{{ j }}_0;
{%- for v in range(1, quads) %}
            squares{{ g }}_{{ j }} = fma(difference{{ g }}_{{ j }}_{{ v }}, difference{{ g }}_{{ j }}_{{ v }}, squares{{ g }}_{{ j }});
{%- endfor %}
            let square{{ g }}_{{ j }} = (squares{{ g }}_{{ j }}.x + squares{{ g }}_{{ j }}.y) + (squares{{ g }}_{{ j }}.z + squares{{ g }}_{{ j }}.w);
            let nearer{{ g }}_{{ j }} = square{{ g }}_{{ j }} < distance{{ j }}{% if codes_at_once > 1 %} && k + {{ g }}u < params.codes{% endif %};
            distance{{ j }} = select(distance{{ j }}, square{{ g }}_{{ j }}, nearer{{ g }}_{{ j }});
            best{{ j }} = select(best{{ j }}, k + {{ g }}u, nearer{{ g }}_{{ j }});
{%- endfor %}
{%- endfor %}
        }
