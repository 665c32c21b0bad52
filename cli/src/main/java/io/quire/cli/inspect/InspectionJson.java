/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.checkpoint.StoreInspection;
import io.quire.store.catalog.CodecIdentity;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;

/**
 * An inspection as programs read it. Lengths are bytes, times milliseconds since 1970. Fields may be added, and keep
 * their meaning.
 *
 * <p>Threading: thread-safe, stateless.
 */
final class InspectionJson {
    private InspectionJson() {}

    static String render(final StoreInspection store) {
        final Json json = new Json().beginObject();
        json.field("directory").value(store.directory().toString());
        json.field("storeId").value(store.storeId().toString());
        json.field("pageCount").value(store.pageCount());
        json.field("stateLength").value(store.stateLength());
        appendOwner(json, store);
        appendStates(json, store);
        json.field("extents").beginObject();
        for (final ExtentKind kind : ExtentKind.values()) {
            json.field(kind.name()).value(store.extentsByKind().getOrDefault(kind, 0L));
        }
        json.endObject();
        json.field("extentLength").value(PageDescriptor.EXTENT_LENGTH);
        appendCheckpoints(json, store);
        json.field("logSegments").beginArray();
        for (final StoreInspection.LogSegmentFile segment : store.logSegments()) {
            json.beginObject();
            json.field("name").value(segment.name());
            json.field("length").value(segment.length());
            json.field("startPosition").value(segment.startPosition());
            json.endObject();
        }
        json.endArray();
        json.field("rejected").beginArray();
        store.rejected().forEach(json::value);
        json.endArray();
        return json.endObject().toString();
    }

    private static void appendOwner(final Json json, final StoreInspection store) {
        json.field("open").value(store.ownerAlive());
        if (store.owner() != null) {
            json.field("owner").beginObject();
            json.field("pid").value(store.owner().process().pid());
            json.field("sinceMs").value(store.owner().sinceMs());
            json.field("alive").value(store.ownerAlive());
            json.field("visible").value(store.owner().process().visible());
            json.field("liveMemory").value(store.owner().liveMemory());
            json.endObject();
        }
    }

    private static void appendStates(final Json json, final StoreInspection store) {
        json.field("states").beginArray();
        for (final StoreInspection.State state : store.states()) {
            json.beginObject();
            json.field("id").value(state.descriptor().id());
            json.field("name").value(state.descriptor().name());
            json.field("kind").value(state.descriptor().kind().name());
            json.field("keyCodec").value(state.descriptor().keyCodec().id());
            json.field("keyCodecVersion").value(state.descriptor().keyCodec().version());
            json.field("keySchema").value(state.descriptor().keyCodec().schema());
            json.field("valueCodec").value(state.descriptor().valueCodec().id());
            json.field("valueCodecVersion")
                    .value(state.descriptor().valueCodec().version());
            json.field("valueSchema").value(state.descriptor().valueCodec().schema());
            if (!state.descriptor().expiry().isNone()) {
                json.field("expiry").value(state.descriptor().expiry().describe());
            }
            appendSchemas(json, state.descriptor());
            json.field("entryCount").value(state.statistics().entryCount());
            json.field("payloadLength").value(state.statistics().payloadLength());
            json.field("allocatedLength").value(state.statistics().allocatedLength());
            json.field("bytesPerEntry").value(state.statistics().bytesPerEntry());
            json.field("freeLength").value(state.statistics().freeLength());
            json.field("freeShare").value(state.statistics().freeShare());
            json.field("segmentCount").value(state.statistics().segmentCount());
            json.endObject();
        }
        json.endArray();
    }

    private static void appendSchemas(final Json json, final StateDescriptor state) {
        json.field("schemas").beginArray();
        state.codecs().forEach((role, history) -> {
            for (int mark = 0; mark < history.identities().size(); mark++) {
                final CodecIdentity identity = history.identities().get(mark);
                if (!identity.equals(CodecIdentity.NONE)) {
                    json.beginObject();
                    json.field("role").value(role.name());
                    json.field("mark").value(mark);
                    json.field("writes").value(mark == history.mark());
                    json.field("codec").value(identity.id());
                    json.field("version").value(identity.version());
                    json.field("schema").value(identity.schema());
                    json.endObject();
                }
            }
        });
        json.endArray();
    }

    private static void appendCheckpoints(final Json json, final StoreInspection store) {
        json.field("checkpoints").beginArray();
        for (final StoreInspection.Checkpoint checkpoint : store.checkpoints()) {
            json.beginObject();
            json.field("checkpointId").value(checkpoint.checkpointId());
            json.field("generation").value(checkpoint.generation());
            json.field("takenAtMs").value(checkpoint.takenAtMs());
            json.field("logPosition").value(checkpoint.logPosition());
            json.field("length").value(checkpoint.length());
            json.field("chainLength").value(checkpoint.files().size());
            json.field("files").beginArray();
            for (final StoreInspection.CheckpointFile file : checkpoint.files()) {
                json.beginObject();
                json.field("name").value(file.name());
                json.field("length").value(file.length());
                json.field("oldestCheckpointId").value(file.oldestCheckpointId());
                json.field("newestCheckpointId").value(file.newestCheckpointId());
                json.field("pageCount").value(file.pageCount());
                json.field("lineCount").value(file.lineCount());
                json.field("rawLength").value(file.rawLength());
                json.field("storedLength").value(file.storedLength());
                json.endObject();
            }
            json.endArray();
            json.endObject();
        }
        json.endArray();
    }
}
