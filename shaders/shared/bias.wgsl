// What is added to a column of C. Load it before the first store: the compiler cannot rule out that a store changes it, and
// would load it again after each.
fn load_bias(column: u32) -> {{ column }} {
    {% if bias %}
    return bias[column];
    {% else %}
    return {{ column }}();
    {% endif %}
}
