/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cost.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of /proc/self/status such as "VmRSS:	    1484 kB", in bytes; NaN:
 * there is none. */
static double read_status(const char *name)
{
    char line[256];
    double bytes = NAN;
    size_t length = strlen(name);
    FILE *status = fopen("/proc/self/status", "r");
    if (!status)
        return NAN;
    while (fgets(line, sizeof line, status))
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            bytes = strtod(line + length + 1, NULL) * 1024;
    fclose(status);
    return bytes;
}

/* Sets VmHWM, the peak, to the current resident memory. */
static bool reset_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (!file)
        return false;
    bool written = fputs("5", file) >= 0;
    return fclose(file) == 0 && written;
}

void cost_start(cost *c)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    c->counted = reset_peak();
    c->resident = read_status("VmRSS");
    clock_gettime(CLOCK_MONOTONIC, &c->start);
}

void cost_stop(cost *c)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    c->seconds = (double)(now.tv_sec - c->start.tv_sec) +
                 1e-9 * (double)(now.tv_nsec - c->start.tv_nsec);
    double grown = read_status("VmHWM") - c->resident;
    c->peak_bytes = c->counted && !isnan(grown) ? fmax(grown, 0) : NAN;
}
