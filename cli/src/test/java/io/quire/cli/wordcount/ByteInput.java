/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;

/** A file in memory that is read in pieces of chosen lengths, each of which becomes a chunk. */
class ByteInput implements Input {
    private final String name;
    private final IntSupplier readLengths;
    private byte[] content;

    ByteInput(final String name, final byte[] content, final IntSupplier readLengths) {
        this.name = name;
        this.content = content;
        this.readLengths = readLengths;
    }

    void append(final byte[] more) {
        final byte[] grown = new byte[content.length + more.length];
        System.arraycopy(content, 0, grown, 0, content.length);
        System.arraycopy(more, 0, grown, content.length, more.length);
        content = grown;
    }

    byte[] content() {
        return content;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public byte[] key() {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean resumable() {
        return true;
    }

    @Override
    public long length() {
        return content.length;
    }

    @Override
    public boolean check(final FilePosition position) {
        return position.openWordId() != 0 || content.length > position.seen();
    }

    @Override
    public InputBytes open(final long offset) {
        return new InputBytes() {
            private int at = (int) offset;

            @Override
            public int read(final byte[] target, final int targetOffset, final int length) {
                if (at >= content.length) {
                    return -1;
                }
                final int count = Math.min(Math.min(length, content.length - at), Math.max(1, readLengths.getAsInt()));
                System.arraycopy(content, at, target, targetOffset, count);
                at += count;
                return count;
            }

            @Override
            public boolean ready() {
                return false;
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
    }
}
