// A workgroup of {{ lanes }} lanes as a team: sums and maxima of one value per lane, given to every lane, in a fixed order.
// All lanes must call together.
{% if one_subgroup %}
fn team_sum(value: f32, lane: u32) -> f32 {
    return subgroupAdd(value);
}

fn team_max(value: f32, lane: u32) -> f32 {
    return subgroupMax(value);
}
{% else %}
var<workgroup> team_values: array<f32, {{ lanes }}>;

fn team_sum(value: f32, lane: u32) -> f32 {
    team_values[lane] = value;
    workgroupBarrier();
    for (var half = {{ lanes }}u / 2u; half > 0u; half = half / 2u) {
        if lane < half {
            team_values[lane] += team_values[lane + half];
        }
        workgroupBarrier();
    }
    let sum = team_values[0];
    workgroupBarrier();
    return sum;
}

fn team_max(value: f32, lane: u32) -> f32 {
    team_values[lane] = value;
    workgroupBarrier();
    for (var half = {{ lanes }}u / 2u; half > 0u; half = half / 2u) {
        if lane < half {
            team_values[lane] = max(team_values[lane], team_values[lane + half]);
        }
        workgroupBarrier();
    }
    let largest = team_values[0];
    workgroupBarrier();
    return largest;
}
{% endif %}
