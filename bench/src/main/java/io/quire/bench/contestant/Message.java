/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

import com.fasterxml.jackson.jr.ob.JSON;
import io.quire.bench.work.WorkSample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A request or an answer: names with values, one JSON object on one line.
 *
 * <p>Threading: confined to one thread.
 */
public final class Message {
    private final Map<String, Object> fields;

    private Message(final Map<String, Object> fields) {
        this.fields = fields;
    }

    /** Makes a message without fields. */
    public Message() {
        this(new LinkedHashMap<>());
    }

    /**
     * Makes a request.
     *
     * @param command what to do
     * @return the message
     */
    public static Message request(final String command) {
        return new Message().with("do", command);
    }

    /**
     * Makes an answer of a sample.
     *
     * @param sample what was measured
     * @return the message
     */
    public static Message of(final WorkSample sample) {
        return new Message()
                .with("operations", sample.operationCount())
                .with("durationNs", sample.durationNs())
                .with("allocatedBytes", sample.allocatedBytes())
                .with("collectionMs", sample.collectionMs())
                .with("digest", sample.digest());
    }

    /**
     * Reads a line.
     *
     * @param line one JSON object
     * @return the message
     */
    public static Message parse(final String line) {
        try {
            return new Message(JSON.std.mapFrom(line));
        } catch (final IOException e) {
            throw new UncheckedIOException("not a message: " + line, e);
        }
    }

    /**
     * Makes a message of fields that another had.
     *
     * @param fields values by name, as a list or map of a message holds them
     * @return the message
     */
    public static Message of(final Map<?, ?> fields) {
        final Message message = new Message();
        fields.forEach((name, value) -> message.with(String.valueOf(name), value));
        return message;
    }

    /**
     * Adds a field.
     *
     * @param name of the field
     * @param value text, number, boolean, list or map of them
     * @return this
     */
    public Message with(final String name, final Object value) {
        fields.put(name, value);
        return this;
    }

    /**
     * Writes the message.
     *
     * @return one line without its end
     */
    public String line() {
        try {
            return JSON.std.asString(fields);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Tells whether a field is there.
     *
     * @param name of the field
     * @return whether it is
     */
    public boolean has(final String name) {
        return fields.containsKey(name);
    }

    /**
     * Reads a text.
     *
     * @param name of the field
     * @return its value
     */
    public String text(final String name) {
        return String.valueOf(required(name));
    }

    /**
     * Reads a number.
     *
     * @param name of the field
     * @return its value
     */
    public long number(final String name) {
        return ((Number) required(name)).longValue();
    }

    /**
     * Reads a truth value.
     *
     * @param name of the field
     * @return its value
     */
    public boolean flag(final String name) {
        return (Boolean) required(name);
    }

    /**
     * Reads a field of any kind.
     *
     * @param name of the field
     * @return its value
     */
    public Object value(final String name) {
        return required(name);
    }

    /**
     * Reads the sample that {@link #of} wrote.
     *
     * @return the sample
     */
    public WorkSample sample() {
        return new WorkSample(
                number("operations"),
                number("durationNs"),
                number("allocatedBytes"),
                number("collectionMs"),
                number("digest"));
    }

    /**
     * Gives all fields.
     *
     * @return values by name
     */
    public Map<String, Object> fields() {
        return fields;
    }

    private Object required(final String name) {
        final Object value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("field missing: name=" + name + " message=" + fields);
        }
        return value;
    }

    @Override
    public String toString() {
        return line();
    }
}
