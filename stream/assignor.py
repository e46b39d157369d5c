"""Faust's assignor, which assigns nothing rather than what it does not know.

The leader of a group deals out the partitions that its own view of the cluster has. One that joined
as the network went away knows of none: Faust leaves such topics out with a warning, and every
worker is then assigned nothing, ready and healthy, until that view is asked for anew after minutes.
"""

from aiokafka.cluster import ClusterMetadata
from faust.assignor import PartitionAssignor
from faust.assignor.partition_assignor import MemberAssignmentMapping, MemberMetadataMapping

from stream.ending import end_process
from topics import registry


class Assignor(PartitionAssignor):
    """Deals out whole topics, or ends the worker: another one leads then, or this one anew."""

    def assign(
        self, cluster: ClusterMetadata, member_metadata: MemberMetadataMapping
    ) -> MemberAssignmentMapping:
        """Assign the partitions of the topics that members read."""
        topics = {each for member in member_metadata.values() for each in member.subscription}
        unknown = sorted(
            topic
            for topic in topics
            if len(cluster.partitions_for_topic(topic) or ()) < registry.PARTITIONS
        )
        if unknown:
            end_process(f"asked to assign partitions, and these are not known: {unknown}")
        return super().assign(cluster, member_metadata)
