/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Paged memory: windows of mapped or anonymous memory, pages with dirty lines, epochs, capture of sealed pages and
 * hydration of cold ones. Knows nothing of tables, states or files of checkpoints.
 */
package io.quire.store.memory;
