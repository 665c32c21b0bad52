/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

/**
 * Writes JSON, two spaces an indent.
 *
 * <p>Threading: confined to one thread.
 */
final class Json {
    private final StringBuilder text = new StringBuilder();
    private int depth;
    private boolean first = true;

    Json beginObject() {
        return begin('{');
    }

    Json endObject() {
        return end('}');
    }

    Json beginArray() {
        return begin('[');
    }

    Json endArray() {
        return end(']');
    }

    /** Starts a field; its value is what is written next. */
    Json field(final String name) {
        element();
        quote(name);
        text.append(": ");
        first = true; // no comma between name and value
        return this;
    }

    Json value(final String value) {
        if (value == null) {
            return literal("null");
        }
        element();
        quote(value);
        return this;
    }

    Json value(final long value) {
        return literal(Long.toString(value));
    }

    /** A number; not infinite, nor none. */
    Json value(final double value) {
        return literal(Double.toString(value));
    }

    Json value(final boolean value) {
        return literal(Boolean.toString(value));
    }

    private Json literal(final String literal) {
        element();
        text.append(literal);
        return this;
    }

    private Json begin(final char bracket) {
        element();
        text.append(bracket);
        depth++;
        first = true;
        return this;
    }

    private Json end(final char bracket) {
        depth--;
        final char last = text.charAt(text.length() - 1);
        if (last != '{' && last != '[') {
            newLine();
        }
        text.append(bracket);
        first = false;
        return this;
    }

    private void element() {
        final boolean afterName = text.length() > 1 && text.charAt(text.length() - 1) == ' ' && first;
        if (!first) {
            text.append(',');
        }
        if (!afterName && depth > 0) {
            newLine();
        }
        first = false;
    }

    private void newLine() {
        text.append('\n').append("  ".repeat(depth));
    }

    private void quote(final String value) {
        quote(text, value);
    }

    /** Appends a string with its quotes. */
    static void quote(final StringBuilder text, final String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            final char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ' || c == 0x7F || isLoneSurrogate(value, i)) {
                text.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    private static boolean isLoneSurrogate(final String value, final int index) {
        final char c = value.charAt(index);
        if (Character.isHighSurrogate(c)) {
            return index + 1 == value.length() || !Character.isLowSurrogate(value.charAt(index + 1));
        }
        return Character.isLowSurrogate(c) && (index == 0 || !Character.isHighSurrogate(value.charAt(index - 1)));
    }

    @Override
    public String toString() {
        return text + "\n";
    }
}
