// SPDX-License-Identifier: Apache-2.0
/// What program files and libraries say of themselves, read without running them: {@link
/// org.amphora.elf.ElfFile}. It uses nothing but the JDK, so that a launch may load it.
@NullMarked
package org.amphora.elf;

import org.jspecify.annotations.NullMarked;
