/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import io.quire.checkpoint.DurableStateStore;
import io.quire.cli.CommandFailure;
import io.quire.cli.ExitCode;
import io.quire.store.BytesConsumer;
import io.quire.store.BytesState;
import io.quire.store.SourcePosition;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Counts and positions in the store. Each chunk is one batch: after a kill at any instant its counts and its position
 * are both there or both not.
 *
 * <p>States: {@code words} has the count of each word, an 8-byte counter, by the word's bytes or, for long words, by
 * a line feed, which no word contains, and a digest; {@link LongWords} has two of its own. The {@link FilePosition} of
 * an input is the store's {@link SourcePosition} by the input's key.
 *
 * <p>Threading: confined to the store's writer.
 */
final class WordLedger {
    /** First byte of the keys of long words. */
    private static final byte LONG_WORD = '\n';

    private static final int LONG_KEY_LENGTH = 1 + FilePosition.DIGEST_LENGTH;

    private final DurableStateStore store;
    private final BytesState words;
    private final LongWords longWords;
    private final UnsafeBuffer wordBuffer = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer longKey = new UnsafeBuffer(new byte[LONG_KEY_LENGTH]);

    /** Position of the input that chunks are applied of. */
    private FilePosition current;

    WordLedger(final DurableStateStore store) {
        this.store = store;
        this.words = store.bytesState("words");
        store.source("-"); // creates the state of positions, which cannot be done in a batch
        this.longWords = new LongWords(store);
        longWords.collectGarbage();
    }

    /**
     * Where an input stands.
     *
     * @param input that was perhaps counted before
     * @return its position, that of an input never read when it was not
     */
    FilePosition position(final Input input) {
        final byte[] bytes = store.source(input.key()).getBytes();
        if (bytes == null) {
            return FilePosition.start();
        }
        try {
            return FilePosition.decode(bytes);
        } catch (final IllegalArgumentException e) {
            throw new CommandFailure(
                    ExitCode.STORE_ERROR,
                    "this store is not one of wordcount, or of another version: " + e.getMessage(),
                    e);
        }
    }

    /**
     * Counts a chunk.
     *
     * @param input it is of
     * @param chunk what was found
     */
    void apply(final Input input, final ScannedChunk chunk) {
        store.beginBatch();
        try {
            applyInBatch(input, chunk);
            store.commitBatch();
        } catch (final RuntimeException e) {
            rollBack(e);
            throw e;
        }
        longWords.collectGarbage();
    }

    private void rollBack(final RuntimeException cause) {
        try {
            store.rollbackBatch();
        } catch (final RuntimeException e) {
            cause.addSuppressed(e); // the store is fail-stopped: nothing of the batch survives its reopening
        }
    }

    private void applyInBatch(final Input input, final ScannedChunk chunk) {
        if (chunk.first) {
            current = position(input);
            begin(input);
        }
        byte[] digest = addLongWords(chunk);
        addShortWords(chunk);
        if (chunk.wordOpen) {
            longWords.keepStaged();
            digest = longWords.chain();
        } else if (chunk.tailLength <= ScannedChunk.SHORT_WORD_MAX) {
            digest = new byte[FilePosition.DIGEST_LENGTH];
        }
        current = new FilePosition(
                chunk.position,
                chunk.tailLength,
                longWords.openId(),
                longWords.openLength(),
                digest,
                chunk.headCrc,
                chunk.recentCrc,
                current.wordCount() + chunk.wordCount);
        store.source(input.key()).setBytes(current.encode());
    }

    private void begin(final Input input) {
        if (current.openWordId() != 0) {
            if (input.resumable()) {
                longWords.resume(current);
            } else {
                longWords.abandon(current);
            }
        }
        if (!input.resumable()) {
            current = FilePosition.start();
        } else if (current.tailLength() > ScannedChunk.SHORT_WORD_MAX) {
            addToLongWord(current.digest(), -1);
            current = new FilePosition(
                    current.position(),
                    0,
                    0,
                    0,
                    new byte[FilePosition.DIGEST_LENGTH],
                    current.headCrc(),
                    current.recentCrc(),
                    current.wordCount() - 1);
        }
    }

    /** Returns the digest of the last long word that ended in the chunk. */
    private byte[] addLongWords(final ScannedChunk chunk) {
        byte[] digest = new byte[FilePosition.DIGEST_LENGTH];
        for (int i = 0; i < chunk.pieceCount(); i++) {
            final int offset = chunk.pieceOffset(i);
            final int length = chunk.pieceLength(i);
            if (chunk.pieceIsFirst(i) && chunk.pieceIsLast(i)) {
                digest = longWords.addWhole(chunk.bytes, offset, length);
                addToLongWord(digest, 1);
                continue;
            }
            if (chunk.pieceIsFirst(i)) {
                longWords.begin();
            }
            longWords.append(chunk.bytes, offset, length);
            if (chunk.pieceIsLast(i)) {
                digest = longWords.finish();
                addToLongWord(digest, 1);
            }
        }
        return digest;
    }

    private void addToLongWord(final byte[] digest, final int delta) {
        longKey.putByte(0, LONG_WORD);
        longKey.putBytes(1, digest);
        if (add(longKey, 0, LONG_KEY_LENGTH, delta) == 0) {
            longWords.remove(digest);
        }
    }

    private void addShortWords(final ScannedChunk chunk) {
        final SliceCounts counts = chunk.counts;
        wordBuffer.wrap(chunk.bytes);
        for (int i = 0; i < counts.size(); i++) {
            if (counts.count(i) != 0) {
                add(wordBuffer, counts.offset(i), counts.length(i), counts.count(i));
            }
        }
    }

    private long add(final DirectBuffer key, final int offset, final int length, final int delta) {
        final long count = words.addAndGet(key, offset, length, delta);
        if (count <= 0) {
            if (count < 0) {
                throw new CommandFailure(
                        ExitCode.STORE_ERROR,
                        "the count of a word would fall below zero: the store holds counts of other inputs, or an input"
                                + " changed while it was read");
            }
            words.remove(key, offset, length);
        }
        return count;
    }

    /** {@return different words that are counted} */
    long distinctCount() {
        return words.size();
    }

    /** {@return bytes that all words take in a {@link WordArena}, about} */
    long estimatedArenaLength() {
        return WordArena.estimatedCapacity(words.size(), words.statistics().payloadLength());
    }

    /**
     * Visits all words, in no order.
     *
     * @param consumer takes the key and the count; of a long word {@link #digest} gives the digest
     */
    void forEachWord(final BytesConsumer consumer) {
        words.forEach(consumer);
    }

    /**
     * What the key of a word says about it.
     *
     * @param key from {@link #forEachWord}
     * @return null when the key is the word itself, else the digest of a long word
     */
    static byte[] digest(final DirectBuffer key) {
        if (key.capacity() != LONG_KEY_LENGTH || key.getByte(0) != LONG_WORD) {
            return null;
        }
        final byte[] digest = new byte[FilePosition.DIGEST_LENGTH];
        key.getBytes(1, digest);
        return digest;
    }

    /** {@return the bytes of long words} */
    LongWords longWords() {
        return longWords;
    }
}
