/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Merging of checkpoint files, which keeps chains short: which files to merge, and how. Who merges publishes the
 * result in a manifest and lets retention delete the old files.
 */
package io.quire.checkpoint.merge;
