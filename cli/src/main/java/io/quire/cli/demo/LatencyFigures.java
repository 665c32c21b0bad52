/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * Sends histograms from one process to the other, as text.
 *
 * <p>Threading: confined to one thread.
 */
final class LatencyFigures {
    private ByteBuffer buffer = ByteBuffer.allocate(1024);

    /**
     * Takes what was recorded since the last call.
     *
     * @param recorder of one thread
     * @return the histogram in Base64
     */
    String encode(final SingleWriterRecorder recorder) {
        final Histogram interval = recorder.getIntervalHistogram();
        if (buffer.capacity() < interval.getNeededByteBufferCapacity()) {
            buffer = ByteBuffer.allocate(interval.getNeededByteBufferCapacity());
        }
        buffer.clear();
        final int length = interval.encodeIntoCompressedByteBuffer(buffer);
        return Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), length));
    }

    /**
     * Adds what was sent.
     *
     * @param text from {@link #encode}
     * @param total takes the values
     * @throws IllegalArgumentException when the text is something else
     */
    static void decodeInto(final String text, final Histogram total) {
        try {
            final ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text));
            total.add(Histogram.decodeFromCompressedByteBuffer(bytes, 0));
        } catch (final DataFormatException e) {
            throw new IllegalArgumentException("not a histogram", e);
        }
    }
}
