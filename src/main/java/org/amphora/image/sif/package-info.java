// SPDX-License-Identifier: Apache-2.0
/// The Singularity image format: {@link org.amphora.image.sif.SifFile} reads it, {@link
/// org.amphora.image.sif.SifWriter} writes it. Byte layout: apptainer/sif `pkg/sif`, version 01.
/// Reading is on the launch path, so it uses nothing but plain file reads.
@NullMarked
package org.amphora.image.sif;

import org.jspecify.annotations.NullMarked;
