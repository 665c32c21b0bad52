/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;

/**
 * Unpredictable numbers, from the system where it has a file of them: to load {@link SecureRandom} takes a young JVM
 * longer than to open a store.
 *
 * <p>Threading: thread-safe.
 */
public final class RandomBits {
    private static final String SOURCE = "/dev/urandom";

    private RandomBits() {}

    /**
     * Takes numbers.
     *
     * @param count how many, 1..1024
     * @return that many, each of 64 random bits
     */
    public static long[] take(final int count) {
        final byte[] bytes = new byte[count * Long.BYTES];
        if (!read(bytes)) {
            new SecureRandom().nextBytes(bytes);
        }
        final long[] numbers = new long[count];
        ByteBuffer.wrap(bytes).asLongBuffer().get(numbers);
        return numbers;
    }

    private static boolean read(final byte[] bytes) {
        // A plain stream: an interrupt, which would close a channel, means nothing here.
        try (FileInputStream stream = new FileInputStream(SOURCE)) {
            return stream.readNBytes(bytes, 0, bytes.length) == bytes.length;
        } catch (final IOException e) {
            return false; // no such file on this system
        }
    }
}
