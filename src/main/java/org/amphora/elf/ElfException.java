// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;

/// A file that is not what its name or its first bytes promise. The message says which part is
/// wrong and how, and fits behind "not understood: ".
public final class ElfException extends IOException {
    private static final long serialVersionUID = 1;

    ElfException(String what) {
        super(what);
    }
}
