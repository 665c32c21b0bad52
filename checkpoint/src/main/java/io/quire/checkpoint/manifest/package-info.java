/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Manifests: the small root files that name the files of a checkpoint. A checkpoint exists when its manifest is
 * published, and its files may go when no manifest that is kept names them.
 */
package io.quire.checkpoint.manifest;
