/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The change log on disk: segments of checksummed blocks, the agent that carries records from the ring to them, and the
 * recovery that reads them back. The formats are described in {@code docs/file-formats.md}.
 */
package io.quire.checkpoint.log;
