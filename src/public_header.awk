# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes the installed form of a header: #include "x.h" becomes #include
# <lln/x.h>, and C++ sees the declarations as those of C.
{ line[NR] = $0 }
/^#include|^#define LLN_.*_H$/ { first = NR }
/^#endif/ { last = NR }
END {
    for (i = 1; i <= NR; i++) {
        if (i == last && declares)
            print "#ifdef __cplusplus\n}\n#endif\n"
        if (match(line[i], /^#include "/))
            print "#include <lln/" substr(line[i], 11, length(line[i]) - 11) ">"
        else
            print line[i]
        if (i > first && i < last && line[i] != "")
            declares = 1
        if (i == first && last > first + 2)
            print "\n#ifdef __cplusplus\nextern \"C\" {\n#endif"
    }
}
