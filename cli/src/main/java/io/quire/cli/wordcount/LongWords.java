/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BytesState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Words longer than a key should be: the bytes lie in pieces of {@link #PIECE_LENGTH} under an id, and the word is
 * known by a digest. Whatever a word's length, one piece of it is in memory.
 *
 * <p>Two states: {@code long-words} has, by digest (32 bytes), id and length; by id (9 bytes, the first {@code 'g'}),
 * the length of bytes that are to be removed; and under the empty key the last id given out. {@code long-word-pieces}
 * has the bytes by id and index. The digest is SHA-256 over the last piece and the length, chained from piece to
 * piece, so that its state between two pieces is 32 bytes that can be kept.
 *
 * <p>Removing hundreds of megabytes does not fit into one batch: the batch that makes bytes superfluous only notes
 * them, and {@link #collectGarbage()} removes them afterwards, or in the next run.
 *
 * <p>Threading: confined to the store's writer.
 */
final class LongWords {
    /** Bytes of every piece but the last: the most of which two, with key and header, fit into one extent. */
    static final int PIECE_LENGTH = 32 * 1024 - 128;

    private static final int DIGEST_LENGTH = FilePosition.DIGEST_LENGTH;
    private static final int REMOVALS_PER_BATCH = 32;
    private static final byte GARBAGE = 'g';

    private final DurableStateStore store;
    private final BytesState directory;
    private final BytesState pieces;
    private final MessageDigest sha256;

    private final byte[] staged = new byte[PIECE_LENGTH];
    private final UnsafeBuffer stagedBuffer = new UnsafeBuffer(staged);
    private final ByteBuffer pieceKey = ByteBuffer.allocate(Long.BYTES + Integer.BYTES);
    private final UnsafeBuffer pieceKeyBuffer = new UnsafeBuffer(pieceKey.array());
    private final UnsafeBuffer digestKey = new UnsafeBuffer(new byte[DIGEST_LENGTH]);
    private final UnsafeBuffer entry = new UnsafeBuffer(new byte[2 * Long.BYTES]);
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    /** Noted in the batch that is open or was committed last; id and length alternate. */
    private final List<Long> garbage = new ArrayList<>();

    private long openId;
    private long openLength;
    private byte[] chain = new byte[DIGEST_LENGTH];
    private boolean pieceChanged;

    LongWords(final DurableStateStore store) {
        this.store = store;
        this.directory = store.bytesState("long-words");
        this.pieces = store.bytesState("long-word-pieces");
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        directory.forEach((key, value) -> {
            if (key.capacity() == 1 + Long.BYTES && key.getByte(0) == GARBAGE) {
                garbage.add(key.getLong(1, ByteOrder.LITTLE_ENDIAN));
                garbage.add(value.getLong(0, ByteOrder.LITTLE_ENDIAN));
            }
        });
    }

    /** {@return id of the word whose end was not seen yet, 0 when there is none} */
    long openId() {
        return openId;
    }

    /** {@return bytes of that word so far} */
    long openLength() {
        return openLength;
    }

    /** {@return digest over the complete pieces of that word} */
    byte[] chain() {
        return chain.clone();
    }

    /**
     * Goes on with a word that an earlier run left open.
     *
     * @param position where that run stopped
     */
    void resume(final FilePosition position) {
        openId = position.openWordId();
        openLength = position.openLength();
        chain = position.digest().clone();
        pieceChanged = false;
        final int stagedLength = stagedLength();
        if (stagedLength > 0) {
            putPieceKey(openId, (int) (openLength / PIECE_LENGTH));
            final int found = pieces.get(pieceKeyBuffer, 0, pieceKeyBuffer.capacity(), stagedBuffer, 0);
            if (found < stagedLength) {
                throw new IllegalStateException(
                        "piece of a long word: id=" + openId + " expected=" + stagedLength + " bytes found=" + found);
            }
        }
    }

    /** Forgets the open word without counting it. In a batch. */
    void abandon(final FilePosition position) {
        addGarbage(position.openWordId(), position.openLength());
    }

    /** Starts a word whose end is not known. In a batch. */
    void begin() {
        openId = directory.addAndGet(digestKey, 0, 0, 1);
        openLength = 0;
        Arrays.fill(chain, (byte) 0);
        pieceChanged = false;
    }

    /**
     * Adds bytes to the open word. In a batch.
     *
     * @param bytes holds them
     * @param offset the first
     * @param length how many
     */
    void append(final byte[] bytes, final int offset, final int length) {
        int done = 0;
        while (done < length) {
            final int stagedLength = stagedLength();
            final int count = Math.min(length - done, PIECE_LENGTH - stagedLength);
            System.arraycopy(bytes, offset + done, staged, stagedLength, count);
            done += count;
            openLength += count;
            pieceChanged = true;
            if (stagedLength() == 0) {
                putPiece((int) (openLength / PIECE_LENGTH) - 1, PIECE_LENGTH);
                chain = chained(chain, staged, 0, PIECE_LENGTH);
            }
        }
    }

    /** Keeps what is staged of the open word. At the end of a batch. */
    void keepStaged() {
        if (openId != 0 && pieceChanged && stagedLength() > 0) {
            putPiece((int) (openLength / PIECE_LENGTH), stagedLength());
        }
    }

    /**
     * Ends the open word. In a batch.
     *
     * @return its digest
     */
    byte[] finish() {
        final byte[] digest = concluded(chain, staged, 0, stagedLength(), openLength);
        if (isKnown(digest)) {
            addGarbage(openId, openLength);
        } else {
            keepStaged();
            putEntry(digest, openId, openLength);
        }
        openId = 0;
        openLength = 0;
        return digest;
    }

    /**
     * Takes a whole word. In a batch.
     *
     * @param bytes holds it
     * @param offset its first byte
     * @param length its bytes
     * @return its digest
     */
    byte[] addWhole(final byte[] bytes, final int offset, final int length) {
        byte[] digest = new byte[DIGEST_LENGTH];
        int at = 0;
        while (length - at >= PIECE_LENGTH) {
            digest = chained(digest, bytes, offset + at, PIECE_LENGTH);
            at += PIECE_LENGTH;
        }
        digest = concluded(digest, bytes, offset + at, length - at, length);
        if (!isKnown(digest)) {
            begin();
            append(bytes, offset, length);
            finish();
        }
        return digest;
    }

    /**
     * Removes a word that is not counted any more. In a batch.
     *
     * @param digest of the word
     */
    void remove(final byte[] digest) {
        digestKey.putBytes(0, digest);
        if (directory.get(digestKey, 0, DIGEST_LENGTH, entry, 0) == BytesState.NOT_FOUND) {
            throw new IllegalStateException("a long word without bytes in the store");
        }
        directory.remove(digestKey, 0, DIGEST_LENGTH);
        addGarbage(entry.getLong(0, ByteOrder.LITTLE_ENDIAN), entry.getLong(Long.BYTES, ByteOrder.LITTLE_ENDIAN));
    }

    private void addGarbage(final long id, final long length) {
        final UnsafeBuffer key = garbageKey(id);
        entry.putLong(0, length, ByteOrder.LITTLE_ENDIAN);
        directory.put(key, 0, key.capacity(), entry, 0, Long.BYTES);
        garbage.add(id);
        garbage.add(length);
    }

    /** Removes bytes that no word needs any more. After the batch that noted them was committed. */
    void collectGarbage() {
        for (int i = 0; i < garbage.size(); i += 2) {
            final long id = garbage.get(i);
            final int count = pieceCount(garbage.get(i + 1));
            for (int from = 0; from < count; from += REMOVALS_PER_BATCH) {
                store.beginBatch();
                for (int index = from; index < Math.min(count, from + REMOVALS_PER_BATCH); index++) {
                    putPieceKey(id, index);
                    pieces.remove(pieceKeyBuffer, 0, pieceKeyBuffer.capacity());
                }
                store.commitBatch();
            }
            final UnsafeBuffer key = garbageKey(id);
            directory.remove(key, 0, key.capacity());
        }
        garbage.clear();
    }

    private static UnsafeBuffer garbageKey(final long id) {
        final UnsafeBuffer key = new UnsafeBuffer(new byte[1 + Long.BYTES]);
        key.putByte(0, GARBAGE);
        key.putBytes(
                1,
                ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(id)
                        .array());
        return key;
    }

    private boolean isKnown(final byte[] digest) {
        digestKey.putBytes(0, digest);
        return directory.containsKey(digestKey, 0, DIGEST_LENGTH);
    }

    private void putEntry(final byte[] digest, final long id, final long length) {
        digestKey.putBytes(0, digest);
        entry.putLong(0, id, ByteOrder.LITTLE_ENDIAN);
        entry.putLong(Long.BYTES, length, ByteOrder.LITTLE_ENDIAN);
        directory.put(digestKey, 0, DIGEST_LENGTH, entry, 0, entry.capacity());
    }

    private void putPiece(final int index, final int length) {
        putPieceKey(openId, index);
        pieces.put(pieceKeyBuffer, 0, pieceKeyBuffer.capacity(), stagedBuffer, 0, length);
        pieceChanged = false;
    }

    private void putPieceKey(final long id, final int index) {
        pieceKey.putLong(0, id).putInt(Long.BYTES, index);
    }

    private int stagedLength() {
        return (int) (openLength % PIECE_LENGTH);
    }

    private static int pieceCount(final long length) {
        return (int) ((length + PIECE_LENGTH - 1) / PIECE_LENGTH);
    }

    private byte[] chained(final byte[] before, final byte[] bytes, final int offset, final int length) {
        sha256.update(before);
        sha256.update(bytes, offset, length);
        return sha256.digest();
    }

    private byte[] concluded(
            final byte[] before, final byte[] bytes, final int offset, final int rest, final long length) {
        sha256.update(before);
        sha256.update(bytes, offset, rest);
        sha256.update(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .array());
        return sha256.digest();
    }

    /**
     * Finds a word's bytes.
     *
     * @param digest of the word
     * @return its id and its length
     */
    Located locate(final byte[] digest) {
        digestKey.putBytes(0, digest);
        if (directory.get(digestKey, 0, DIGEST_LENGTH, entry, 0) == BytesState.NOT_FOUND) {
            throw new IllegalStateException("a long word without bytes in the store");
        }
        return new Located(
                entry.getLong(0, ByteOrder.LITTLE_ENDIAN), entry.getLong(Long.BYTES, ByteOrder.LITTLE_ENDIAN));
    }

    /**
     * Copies one piece of a word.
     *
     * @param id of the word
     * @param index of the piece, from 0
     * @param target takes it, {@link #PIECE_LENGTH} bytes long
     * @return bytes of the piece, 0 beyond the end of the word
     */
    int piece(final long id, final int index, final byte[] target) {
        putPieceKey(id, index);
        if (!pieces.wrap(pieceKeyBuffer, 0, pieceKeyBuffer.capacity(), view)) {
            return 0;
        }
        view.getBytes(0, target, 0, view.capacity());
        return view.capacity();
    }

    /**
     * Where the bytes of a word are.
     *
     * @param id of its pieces
     * @param length of the word, bytes
     */
    record Located(long id, long length) {}
}
