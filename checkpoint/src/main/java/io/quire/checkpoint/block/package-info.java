/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Checkpoint files: changed lines of pages in compressed blocks, an index over them, and the content of pages read
 * through a chain of such files. Nothing here knows which files a checkpoint consists of; that is the manifest.
 */
package io.quire.checkpoint.block;
