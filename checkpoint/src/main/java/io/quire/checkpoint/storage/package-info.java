/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Where checkpoint files and manifests are kept: a directory, unless the store is given something else, an object store
 * or a file system of Flink.
 */
package io.quire.checkpoint.storage;
