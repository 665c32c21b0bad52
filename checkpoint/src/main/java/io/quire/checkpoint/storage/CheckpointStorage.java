/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.storage;

import io.quire.checkpoint.io.RangeReader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Keeps the checkpoint files and manifests of one store, each a whole under a plain name: the store's directory, or
 * what {@link io.quire.checkpoint.DurableStoreContext#checkpointStorage(CheckpointStorage)} was given.
 *
 * <p>What is asked of it is what directories, object stores and the file systems of Flink have in common: objects are
 * written once from their first byte to their last and never changed or renamed; any part can be read; small ones can
 * be published so that they are there completely or not at all. Nothing rests on the order or the time of anything
 * else, except for what the methods say.
 *
 * <p>Names are of lower-case letters, digits, dashes and one dot at most, up to 40 characters. Who must be kept from
 * writing at the same time is not the storage's affair: the lock on the store's directory is.
 *
 * <ul>
 *   <li>An object that was completed is durable; its name is too once something was published afterwards.
 *   <li>What was published is durable, name included, and found by {@link #list} and {@link #open} from then on.
 *   <li>What was deleted may come back after a crash until {@link #syncDeletions} has returned.
 * </ul>
 *
 * <p>All methods throw {@link io.quire.store.errors.StoreIoException} with the place when the storage refuses, and
 * {@link io.quire.store.errors.StoreFullException} when it is for want of space.
 *
 * <p>Threading: thread-safe. Called on the store's own threads or on the opening thread only.
 */
public interface CheckpointStorage {
    /**
     * Begins an object.
     *
     * @param name not in use, and never used before
     * @return takes its bytes; an object that is not completed leaves nothing behind but, after a crash, a remnant that
     *     {@link #list} shows and {@link #delete} removes
     */
    ObjectWriter create(String name);

    /**
     * Opens an object that was completed or published.
     *
     * @param name of the object
     * @return reads any part of it, as long as it is not deleted; closed by the caller, maybe after that
     */
    RangeReader open(String name);

    /**
     * Publishes a small object under a name that is not in use. When the call returns it is durable, and so are the
     * names of all objects completed before.
     *
     * @param name not in use
     * @param content its bytes, at most some hundred thousand
     * @throws io.quire.store.errors.StoreIoException when it is not known whether the object was published; anything
     *     else that is thrown means that it was not
     */
    void publish(String name, ByteBuffer content);

    /**
     * Deletes an object; a missing one is ignored.
     *
     * @param name of the object
     */
    void delete(String name);

    /** Makes deletions durable. */
    void syncDeletions();

    /**
     * Removes what publications that did not complete have left. By the owner, while nothing is being published.
     *
     * @return names of what was removed, for messages
     */
    List<String> deleteUnpublished();

    /** {@return names of all objects, remnants included, sorted} */
    List<String> list();

    /**
     * Whether there is an object of a name.
     *
     * @param name of the object
     * @return true when it or a remnant of it is there
     */
    boolean exists(String name);

    /**
     * Where an object is or would be, for messages: it need not be a path of this machine.
     *
     * @param name of the object
     * @return something that people recognise; its last element is the name, and it has a parent
     */
    Path location(String name);

    /**
     * Space that is left, as far as the storage can tell. A merge that would leave the change log none does not begin.
     *
     * @return bytes, {@link Long#MAX_VALUE} when there is no limit or it is not known
     */
    default long usableSpace() {
        return Long.MAX_VALUE;
    }
}
