/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard input: what a run reads of it is added, and nothing is remembered about it.
 *
 * <p>Threading: immutable; opened by the scanning thread.
 */
final class StreamInput implements Input {
    /** No file has this key: theirs are absolute paths. */
    private static final byte[] KEY = "-".getBytes(StandardCharsets.US_ASCII);

    private final InputStream stream;

    StreamInput(final InputStream stream) {
        this.stream = stream;
    }

    @Override
    public String name() {
        return "standard input";
    }

    @Override
    public byte[] key() {
        return KEY;
    }

    @Override
    public boolean resumable() {
        return false;
    }

    @Override
    public long length() {
        return -1;
    }

    @Override
    public boolean check(final FilePosition position) {
        return true;
    }

    @Override
    public InputBytes open(final long offset) {
        return new InputBytes() {
            @Override
            public int read(final byte[] target, final int at, final int length) throws IOException {
                return stream.read(target, at, length);
            }

            @Override
            public boolean ready() throws IOException {
                return stream.available() > 0;
            }

            @Override
            public void close() {
                // the process owns its standard input
            }
        };
    }
}
