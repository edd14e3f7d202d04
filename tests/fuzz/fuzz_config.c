/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of config.json. What it accepts has a value or none for
 * each layer, and becomes values of options that are read by layer. */
#include "heads/by_layer.h"
#include "heads/config_option.h"
#include "replay.h"

/* The option of a field, whose value for each layer is that of the layer. */
static void check_option(lln_config *config, lln_config_field field)
{
    char *text;
    lln_by_layer values;
    lln_status status = lln_config_merge(config, field, NULL, &text);
    require(status == LLN_OK, "values that do not merge");
    require(lln_by_layer_read(text, &values) == LLN_OK, "values by layer");
    for (size_t l = 0; l < config->layers; l++) {
        const char *own = config->layer[l].value[field].text;
        const char *value = lln_by_layer_find(&values, (long)l);
        if (!lln_config_is_linear(&config->layer[l]))
            require(*own != '\0' ? field == LLN_CONFIG_SCALE || value
                                 : value == NULL,
                    "another value");
    }
    lln_by_layer_free(&values);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lln_config config;
    lln_status status = lln_config_parse((const char *)bytes, size, &config);
    if (status != LLN_OK) {
        require(status == LLN_EFORMAT || status == LLN_EUNSUPPORTED,
                "wrong status");
        require(*lln_error_message() != '\0', "no message");
        return 0;
    }
    require(config.layers > 0 && config.heads > 0 && config.head_dim > 0,
            "no sizes");
    for (int field = 0; field < LLN_CONFIG_FIELDS && config.layers <= 200;
         field++)
        if (field != LLN_CONFIG_THETA && field != LLN_CONFIG_DIMS &&
            field != LLN_CONFIG_SCALING)
            check_option(&config, (lln_config_field)field);
    lln_config_free(&config);
    return 0;
}
