/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;

/**
 * Pages of 2 MiB, which spare random access to much memory most of its address translation. The kernel gives them on
 * request where it can, and quietly gives small ones where it cannot.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class HugePages {
    /** Bytes of a huge page; a range has them only where it is aligned to this. */
    static final long LENGTH = 2L * 1024 * 1024;

    private static final String SETTING = "/sys/kernel/mm/transparent_hugepage/enabled";
    private static final int SETTING_LENGTH_MAX = 256;

    private HugePages() {}

    /** Why anonymous memory gets none, in words that fit into a parenthesis; empty when the kernel takes requests. */
    static String missingForAnonymous() {
        if (SystemCalls.instance() == null) {
            return SystemCalls.missing();
        }
        return chosen().equals("never") ? "switched off by the system" : "";
    }

    /** The word in brackets of a setting such as {@code always [madvise] never}; empty when unknown. */
    private static String chosen() {
        try (RandomAccessFile file = new RandomAccessFile(SETTING, "r")) {
            final byte[] bytes = new byte[SETTING_LENGTH_MAX];
            final int length = Math.max(0, file.read(bytes));
            final String text = new String(bytes, 0, length, StandardCharsets.US_ASCII);
            return text.substring(text.indexOf('[') + 1, Math.max(0, text.indexOf(']')));
        } catch (final IOException | IndexOutOfBoundsException e) {
            return "";
        }
    }
}
