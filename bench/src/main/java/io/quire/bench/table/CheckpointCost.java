/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

/**
 * What one checkpoint took, as the contestant itself can tell.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param fileBytes lengths of the files that the checkpoint added, in bytes; -1 when it writes into existing files
 * @param writerNs nanoseconds during which the writer could not go on
 * @param durationNs nanoseconds from the call until the state was durable
 */
public record CheckpointCost(long fileBytes, long writerNs, long durationNs) {}
