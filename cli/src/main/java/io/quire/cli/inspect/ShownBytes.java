/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.codec.Codecs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import org.agrona.DirectBuffer;

/**
 * Shows keys and values that may be anything, so that no terminal and no parser is harmed: as numbers where the state
 * says that they are, as text where every character can be seen, otherwise in hexadecimal. What was left out is said.
 *
 * <p>Threading: confined to one thread.
 */
final class ShownBytes {
    private final int lengthMax;

    /** What bytes are, as far as the state says. */
    enum Form {
        /** A long or an int, little-endian, by its length. */
        NUMBER,
        /** A double, little-endian. */
        DOUBLE,
        /** Anything. */
        BYTES
    }

    /**
     * Creates it.
     *
     * @param lengthMax bytes that are shown
     */
    ShownBytes(final int lengthMax) {
        this.lengthMax = lengthMax;
    }

    /** What the keys of a state are. */
    static Form formOfKey(final StateDescriptor state) {
        return switch (state.kind()) {
            case LONG_LONG, LONG_DOUBLE, LONG_SET, LONG_BYTES -> Form.NUMBER;
            default -> formOf(state.keyCodec().id());
        };
    }

    /** What the values of a state are. */
    static Form formOfValue(final StateDescriptor state) {
        return switch (state.kind()) {
            case LONG_LONG -> Form.NUMBER;
            case LONG_DOUBLE -> Form.DOUBLE;
            default -> formOf(state.valueCodec().id());
        };
    }

    /** What a codec writes. */
    static Form formOf(final String codecId) {
        if (codecId.equals(Codecs.DOUBLE.id())) {
            return Form.DOUBLE;
        }
        return codecId.equals(Codecs.LONG.id()) || codecId.equals(Codecs.INT.id()) ? Form.NUMBER : Form.BYTES;
    }

    /** Appends text as a JSON string in which every character that cannot be seen is escaped. */
    static void quoteVisible(final StringBuilder target, final String text) {
        if (text.codePoints().allMatch(ShownBytes::isVisible)) {
            Json.quote(target, text);
            return;
        }
        target.append('"');
        text.codePoints().forEach(codePoint -> {
            if (isVisible(codePoint)) {
                if (codePoint == '"' || codePoint == '\\') {
                    target.append('\\');
                }
                target.appendCodePoint(codePoint);
            } else {
                for (final char unit : Character.toChars(codePoint)) {
                    target.append(String.format(Locale.ROOT, "\\u%04x", (int) unit));
                }
            }
        });
        target.append('"');
    }

    /** Appends bytes for readers: {@code 42}, {@code "text"} or {@code 0x2a00}, with {@code ...(length)} when cut. */
    void appendText(final StringBuilder target, final Form form, final DirectBuffer bytes) {
        final String number = number(form, bytes);
        if (number != null) {
            target.append(number);
            return;
        }
        final byte[] shown = shown(bytes);
        final String text = visibleText(shown, shown.length < bytes.capacity());
        if (text != null) {
            Json.quote(target, text);
        } else {
            target.append("0x").append(HexFormat.of().formatHex(shown));
        }
        if (shown.length < bytes.capacity()) {
            target.append("...(").append(bytes.capacity()).append(')');
        }
    }

    /**
     * Appends bytes for programs: an object with their length and {@code long}, {@code double}, {@code text} or {@code
     * hex}. A double is a string, since JSON knows neither NaN nor infinity.
     */
    void appendJson(final StringBuilder target, final Form form, final DirectBuffer bytes) {
        target.append("{\"length\":").append(bytes.capacity());
        final String number = number(form, bytes);
        if (number != null) {
            final String quote = form == Form.DOUBLE ? "\"" : "";
            target.append(form == Form.DOUBLE ? ",\"double\":" : ",\"long\":")
                    .append(quote)
                    .append(number)
                    .append(quote)
                    .append('}');
            return;
        }
        final byte[] shown = shown(bytes);
        final String text = visibleText(shown, shown.length < bytes.capacity());
        if (text != null) {
            target.append(",\"text\":");
            Json.quote(target, text);
        } else {
            target.append(",\"hex\":\"").append(HexFormat.of().formatHex(shown)).append('"');
        }
        if (shown.length < bytes.capacity()) {
            target.append(",\"cut\":true");
        }
        target.append('}');
    }

    /** Whether bytes have the length of what they are to be. */
    static boolean isNumber(final Form form, final DirectBuffer bytes) {
        return number(form, bytes) != null;
    }

    /** The number, or null when the bytes are none. */
    private static String number(final Form form, final DirectBuffer bytes) {
        if (form != Form.BYTES && bytes.capacity() == Long.BYTES) {
            final long bits = bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
            return form == Form.DOUBLE ? Double.toString(Double.longBitsToDouble(bits)) : Long.toString(bits);
        }
        return form == Form.NUMBER && bytes.capacity() == Integer.BYTES
                ? Integer.toString(bytes.getInt(0, ByteOrder.LITTLE_ENDIAN))
                : null;
    }

    private byte[] shown(final DirectBuffer bytes) {
        final byte[] shown = new byte[Math.min(bytes.capacity(), lengthMax)];
        bytes.getBytes(0, shown);
        return shown;
    }

    /** The text that bytes are, or null when they are none or it has characters that cannot be seen. */
    private static String visibleText(final byte[] bytes, final boolean isCut) {
        final String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, 0, isCut ? wholeLength(bytes) : bytes.length))
                    .toString();
        } catch (final CharacterCodingException e) {
            return null;
        }
        return text.codePoints().allMatch(ShownBytes::isVisible) ? text : null;
    }

    /** Bytes without a character that was cut at the end; a byte that begins no character is none. */
    private static int wholeLength(final byte[] bytes) {
        int start = bytes.length;
        while (start > 0 && bytes.length - start < 4 && (bytes[start - 1] & 0xC0) == 0x80) {
            start--;
        }
        final int lead = start > 0 ? bytes[start - 1] & 0xFF : 0;
        final int needed = lead > 0xF4 || lead < 0xC2 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        return needed > 1 && bytes.length - start + 1 < needed ? start - 1 : bytes.length;
    }

    private static boolean isVisible(final int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
