/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Where checkpoint files and manifests are kept: a directory now, shaped so that an object store or a file system of
 * Flink can take its place.
 */
package io.quire.checkpoint.storage;
