/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecIdentity;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.codec.Codecs;
import io.quire.store.codec.SchemaDecoder;
import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Shows keys and values as what the codecs in the catalog say that they are, where these are built-in ones, otherwise
 * as {@link ShownBytes} does. Of a value the timestamp of a state with a time to live is shown, and the mark of the
 * codec that wrote it is left out. What cannot be what the catalog says is shown as bytes, and {@link #takeProblem}
 * tells why.
 *
 * <p>Threading: confined to one thread.
 */
final class ShownValues {
    private final ShownBytes shown;
    private final int lengthMax;
    private final Map<CodecIdentity, Optional<SchemaDecoder>> decoders = new HashMap<>();
    private final UnsafeBuffer content = new UnsafeBuffer(0, 0);

    // What the trailer of the value that is being shown says.
    private CodecIdentity writer;
    private int trailerLength;
    private boolean timestamped;
    private String problem;

    /**
     * Creates it.
     *
     * @param lengthMax bytes that are shown; longer values are not decoded but cut
     */
    ShownValues(final int lengthMax) {
        this.lengthMax = lengthMax;
        shown = new ShownBytes(lengthMax);
    }

    /** {@return what was wrong first with what was shown since it was asked the last time; null when nothing was} */
    String takeProblem() {
        final String taken = problem;
        problem = null;
        return taken;
    }

    private void problem(final String found) {
        problem = problem == null ? found : problem;
    }

    /** Appends what a key, a namespace or a key inside a map is. */
    void appendKey(
            final StringBuilder target,
            final boolean json,
            final StateDescriptor state,
            final CodecRole role,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        content.wrap(buffer, offset, length);
        final CodecIdentity codec = state.codec(role);
        final ShownBytes.Form form =
                role == CodecRole.KEY ? ShownBytes.formOfKey(state) : ShownBytes.formOf(codec.id());
        append(target, json, form, codec);
    }

    /** Appends what a value, or an element of a list, is. */
    void appendValue(
            final StringBuilder target,
            final boolean json,
            final StateDescriptor state,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        content.wrap(buffer, offset, length);
        if (state.kind().isPrimitive()) {
            readPrimitiveTrailer(state);
        } else {
            readTrailer(state.codecs().get(CodecRole.VALUE));
        }
        content.wrap(buffer, offset, length - trailerLength);
        final boolean typed = !writer.equals(CodecIdentity.NONE);
        append(target, json, typed ? ShownBytes.formOf(writer.id()) : ShownBytes.formOfValue(state), writer);
        if (timestamped) {
            final long timestampMs = buffer.getLong(offset + length - trailerLength, ByteOrder.LITTLE_ENDIAN);
            if (json) {
                target.insert(target.length() - 1, ",\"timestampMs\":" + timestampMs);
            } else {
                target.append(" @").append(timestampMs);
            }
        }
    }

    /** Appends bytes of which nothing is known. */
    void appendBytes(final StringBuilder target, final boolean json, final DirectBuffer bytes) {
        if (json) {
            shown.appendJson(target, ShownBytes.Form.BYTES, bytes);
        } else {
            shown.appendText(target, ShownBytes.Form.BYTES, bytes);
        }
    }

    private void append(
            final StringBuilder target, final boolean json, final ShownBytes.Form form, final CodecIdentity codec) {
        final Object decoded = form == ShownBytes.Form.BYTES ? decoded(codec) : null;
        if (form != ShownBytes.Form.BYTES && !ShownBytes.isNumber(form, content)) {
            problem("number has another length: length=" + content.capacity());
        }
        if (decoded != null) {
            if (json) {
                target.append("{\"length\":").append(content.capacity()).append(",\"decoded\":");
                appendObject(target, decoded);
                target.append('}');
            } else {
                appendObject(target, decoded);
            }
        } else if (json) {
            shown.appendJson(target, form, content);
        } else {
            shown.appendText(target, form, content);
        }
    }

    /** What the content is, or null when it is to be shown as bytes: text is, and so is what cannot be read. */
    private Object decoded(final CodecIdentity codec) {
        final SchemaDecoder decoder = decoder(codec);
        if (decoder == null || content.capacity() > lengthMax) {
            return null;
        }
        try {
            final Object decoded = decoder.decode(content, 0, content.capacity());
            final boolean isText = decoded instanceof String && codec.id().equals(Codecs.STRING.id());
            return isText || decoded instanceof byte[] ? null : decoded;
        } catch (final CorruptStoreException e) {
            problem(e.getMessage()); // has lengths and no content
            return null;
        }
    }

    private SchemaDecoder decoder(final CodecIdentity codec) {
        return decoders.computeIfAbsent(codec, ShownValues::newDecoder).orElse(null);
    }

    private static Optional<SchemaDecoder> newDecoder(final CodecIdentity codec) {
        try {
            return Optional.ofNullable(SchemaDecoder.of(codec.id(), codec.version(), codec.schema()));
        } catch (final CorruptStoreException e) {
            return Optional.empty();
        }
    }

    /** No codec wrote the content; all values of a state end with a timestamp or none does. */
    private void readPrimitiveTrailer(final StateDescriptor state) {
        writer = CodecIdentity.NONE;
        timestamped = !state.expiry().isNone();
        trailerLength = timestamped ? Long.BYTES : 0;
        if (trailerLength > content.capacity()) {
            problem("value has no timestamp: length=" + content.capacity());
            timestamped = false;
            trailerLength = 0;
        }
    }

    /** Finds out which codec wrote the content, and what stands behind it; nothing when that cannot be told. */
    private void readTrailer(final CodecHistory history) {
        writer = CodecIdentity.NONE;
        trailerLength = 0;
        timestamped = false;
        if (history == null) {
            return;
        }
        final List<CodecIdentity> identities = history.identities();
        if (history.current().marked()) {
            final int length = content.capacity();
            final int mark = length == 0 ? -1 : content.getByte(length - 1) & 0xff;
            if (mark >= 0 && mark < identities.size() && !identities.get(mark).equals(CodecIdentity.NONE)) {
                wroteBy(identities.get(mark), Byte.BYTES);
            } else {
                problem(mark < 0 ? "value has no mark" : "value has a mark that no codec has: mark=" + mark);
            }
            return;
        }
        readUnmarkedTrailer(identities);
    }

    private void readUnmarkedTrailer(final List<CodecIdentity> identities) {
        boolean isTold = false;
        for (final CodecIdentity identity : identities) {
            final SchemaDecoder decoder = decoder(identity);
            if (decoder == null) {
                isTold |= !identity.equals(CodecIdentity.NONE); // not a built-in one: only it can tell
            } else if (mayHaveWritten(identity, decoder, identities.size())) {
                wroteBy(identity, identity.timestamped() && decoder.unusedLastByte() >= 0 ? Byte.BYTES : 0);
                isTold = true;
            }
        }
        if (!isTold) {
            problem("value has a length or an end that none of its codecs writes: length=" + content.capacity());
        }
    }

    /** Values without marks are told by their lengths, or by a last byte that no value without a timestamp has. */
    private boolean mayHaveWritten(final CodecIdentity identity, final SchemaDecoder decoder, final int count) {
        final int length = content.capacity();
        final int timestampLength = identity.timestamped() ? Long.BYTES : 0;
        if (decoder.fixedLength() >= 0) {
            return length == decoder.fixedLength() + timestampLength;
        }
        final int tag = decoder.unusedLastByte();
        final boolean isTagged = tag >= 0 && length > 0 && (content.getByte(length - 1) & 0xff) == tag;
        return tag < 0 ? count == 1 : isTagged == identity.timestamped();
    }

    private void wroteBy(final CodecIdentity identity, final int markLength) {
        final int length = markLength + (identity.timestamped() ? Long.BYTES : 0);
        if (length > content.capacity()) {
            problem("value has no timestamp: length=" + content.capacity());
        } else if (!identity.equals(CodecIdentity.NONE)) {
            writer = identity;
            trailerLength = length;
            timestamped = identity.timestamped();
        }
    }

    /** JSON, also for readers; whatever is no number, no truth value and no structure is a string. */
    private static void appendObject(final StringBuilder target, final Object object) {
        if (object == null || object.equals(Optional.empty())) {
            target.append("null");
        } else if (object instanceof Optional<?> optional) {
            appendObject(target, optional.get());
        } else if (object instanceof List<?> list) {
            appendList(target, list);
        } else if (object instanceof Map<?, ?> components) {
            appendComponents(target, components);
        } else if (object instanceof Map.Entry<?, ?> entry) {
            appendList(target, List.of(entry.getKey(), entry.getValue()));
        } else if (object instanceof byte[] bytes) {
            target.append("\"0x").append(HexFormat.of().formatHex(bytes)).append('"');
        } else if (object instanceof Boolean || isNumber(object)) {
            target.append(object);
        } else {
            ShownBytes.quoteVisible(target, object.toString());
        }
    }

    private static boolean isNumber(final Object object) {
        return object instanceof Number number
                && !Double.isNaN(number.doubleValue())
                && !Double.isInfinite(number.doubleValue());
    }

    private static void appendList(final StringBuilder target, final List<?> list) {
        target.append('[');
        String separator = "";
        for (final Object element : list) {
            target.append(separator);
            appendObject(target, element);
            separator = ",";
        }
        target.append(']');
    }

    private static void appendComponents(final StringBuilder target, final Map<?, ?> components) {
        target.append('{');
        String separator = "";
        for (final Map.Entry<?, ?> component : components.entrySet()) {
            target.append(separator);
            ShownBytes.quoteVisible(target, component.getKey().toString());
            target.append(':');
            appendObject(target, component.getValue());
            separator = ",";
        }
        target.append('}');
    }
}
