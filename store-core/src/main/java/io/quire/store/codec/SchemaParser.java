/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.CorruptStoreException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Reads the text of a {@link Schema}. The text comes from a catalog, so everything about it is checked.
 *
 * <pre>
 *  schema   = word [ "(" parts ")" ] [ "?" ]
 *  parts    = names of an enum | schema of an optional, list or set | schema "," schema of a map
 *           | name ":" schema of a record, separated by commas | string "," number "," string of a custom codec
 * </pre>
 *
 * <p>Threading: confined to one call of {@link #parse}.
 */
final class SchemaParser {
    private final String text;
    private int at;

    private SchemaParser(final String text) {
        this.text = text;
    }

    /**
     * Reads a schema.
     *
     * @throws CorruptStoreException when the text is not one
     */
    static Schema parse(final String text) {
        final SchemaParser parser = new SchemaParser(text);
        if (text.length() > Codec.SCHEMA_LENGTH_MAX) {
            throw parser.invalid("it is too long");
        }
        final Schema schema = parser.schema(Schema.DEPTH_MAX);
        if (parser.at != text.length() || schema.nullable()) {
            throw parser.invalid("something follows it");
        }
        return schema;
    }

    private Schema schema(final int depthLeft) {
        if (depthLeft == 0) {
            throw invalid("it is nested too deeply");
        }
        final Schema.Kind kind = Schema.Kind.ofWord(name());
        if (kind == null) {
            throw invalid("there is no such kind");
        }
        final List<String> names = new ArrayList<>();
        final List<Schema> parts = new ArrayList<>();
        switch (kind) {
            case ENUM -> names(names);
            case OPTIONAL, LIST, SET -> parts(parts, 1, depthLeft);
            case MAP -> parts(parts, 2, depthLeft);
            case RECORD -> components(names, parts, depthLeft);
            case CUSTOM -> custom(names);
            default -> {} // a word alone
        }
        return new Schema(kind, skip('?'), names, parts);
    }

    private void names(final List<String> names) {
        expect('(');
        if (!skip(')')) {
            do {
                names.add(name());
            } while (skip(','));
            expect(')');
        }
        checkDistinct(names);
    }

    private void parts(final List<Schema> parts, final int count, final int depthLeft) {
        expect('(');
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                expect(',');
            }
            parts.add(part(depthLeft, false));
        }
        expect(')');
    }

    private void components(final List<String> names, final List<Schema> parts, final int depthLeft) {
        expect('(');
        if (!skip(')')) {
            do {
                names.add(name());
                expect(':');
                parts.add(part(depthLeft, true));
            } while (skip(','));
            expect(')');
        }
        checkDistinct(names);
    }

    private Schema part(final int depthLeft, final boolean nullableAllowed) {
        final Schema part = schema(depthLeft - 1);
        if (part.nullable() && !nullableAllowed) {
            throw invalid("only components may be absent");
        }
        return part;
    }

    private void custom(final List<String> names) {
        expect('(');
        names.add(quoted());
        expect(',');
        final String version = name();
        if (version.length() > 9 || !version.chars().allMatch(unit -> unit >= '0' && unit <= '9')) {
            throw invalid("a version is not a number");
        }
        names.add(version);
        expect(',');
        names.add(quoted());
        expect(')');
    }

    private String quoted() {
        expect('"');
        final StringBuilder content = new StringBuilder();
        while (!skip('"')) {
            skip('\\');
            if (at == text.length()) {
                throw invalid("a string does not end");
            }
            content.append(text.charAt(at++));
        }
        return content.toString();
    }

    /** An identifier, or a number. */
    private String name() {
        final int start = at;
        while (at < text.length() && Character.isJavaIdentifierPart(text.codePointAt(at))) {
            at += Character.charCount(text.codePointAt(at));
        }
        if (at == start) {
            throw invalid("a name is missing");
        }
        return text.substring(start, at);
    }

    private void checkDistinct(final List<String> names) {
        if (new HashSet<>(names).size() != names.size()) {
            throw invalid("a name occurs twice");
        }
    }

    private boolean skip(final char wanted) {
        final boolean found = at < text.length() && text.charAt(at) == wanted;
        at += found ? 1 : 0;
        return found;
    }

    private void expect(final char wanted) {
        if (!skip(wanted)) {
            throw invalid("'" + wanted + "' is missing");
        }
    }

    private CorruptStoreException invalid(final String what) {
        return new CorruptStoreException(
                "schema of a codec is not valid: " + what + " length=" + text.length() + " offset=" + at);
    }
}
