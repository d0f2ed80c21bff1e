"""Runs moto with what moto 5.2.5 gets wrong about ECR's images put right. Runs in moto's own environment.

An image that loses its last tag to another stays, untagged; an untagged one may be put where tags have exclusions; an
image asked for by a tag says that tag; its size is that of its layers.
"""

import copy
import json

from moto.ecr.models import ECRBackend, Image
from moto.server import main

put_image = ECRBackend.put_image
batch_get_image = ECRBackend.batch_get_image
resolve_image_tag_mutability = ECRBackend._resolve_image_tag_mutability


def put_image_and_keep_the_old(self, repository_name, image_manifest, image_tag, *arguments, **options):
    images = self._get_repository(repository_name).images
    before = [image for image in images if image_tag and image_tag in image.image_tags]
    put = put_image(self, repository_name, image_manifest, image_tag, *arguments, **options)
    for image in before:
        if image not in images:
            image.image_tag, image.image_tags = None, []
            images.append(image)
    return put


def resolve_no_tag(self, repository, tag):
    return resolve_image_tag_mutability(self, repository, tag) if tag else []


def batch_get_image_by_the_tag(self, repository_name, registry_id=None, image_ids=None):
    if not image_ids:
        return batch_get_image(self, repository_name, registry_id, image_ids)
    answer = {"images": [], "failures": []}
    for wanted in image_ids:
        one = batch_get_image(self, repository_name, registry_id, [wanted])
        for image in map(copy.copy, one["images"]):
            image.image_tag = wanted.get("imageTag", image.image_tag)
            answer["images"].append(image)
        answer["failures"] += one["failures"]
    return answer


def size_in_bytes(self):
    manifest = json.loads(self.image_manifest)
    return sum(part.get("size", 0) for part in [manifest.get("config", {}), *manifest.get("layers", [])]) or None


ECRBackend.put_image = put_image_and_keep_the_old
ECRBackend._resolve_image_tag_mutability = resolve_no_tag
ECRBackend.batch_get_image = batch_get_image_by_the_tag
Image.get_image_size_in_bytes = size_in_bytes

if __name__ == "__main__":
    main()
