/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.memory.PageCapture;

/**
 * How much was captured by whom.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param writerPages pages saved by the writer, because it came first
 * @param writerLines their 64-byte lines
 * @param checkpointerPages pages saved by the checkpointer
 * @param checkpointerLines their 64-byte lines
 * @param stallCount how often the writer waited for room in the capture pool
 * @param stallNs nanoseconds it waited
 */
public record CaptureCounts(
        long writerPages,
        long writerLines,
        long checkpointerPages,
        long checkpointerLines,
        long stallCount,
        long stallNs) {
    static final CaptureCounts NONE = new CaptureCounts(0, 0, 0, 0, 0, 0);

    static CaptureCounts of(final PageCapture capture) {
        return new CaptureCounts(
                capture.writerCapturedPages(),
                capture.writerCapturedLines(),
                capture.checkpointerCapturedPages(),
                capture.checkpointerCapturedLines(),
                capture.stallCount(),
                capture.stallNs());
    }

    CaptureCounts minus(final CaptureCounts earlier) {
        return new CaptureCounts(
                writerPages - earlier.writerPages,
                writerLines - earlier.writerLines,
                checkpointerPages - earlier.checkpointerPages,
                checkpointerLines - earlier.checkpointerLines,
                stallCount - earlier.stallCount,
                stallNs - earlier.stallNs);
    }
}
