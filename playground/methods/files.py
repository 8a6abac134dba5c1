"""`files.*`: upload in three steps (address, content, completion), look one up."""

from typing import Any

from playground.files import File
from playground.methods.api import ApiError, Call
from playground.model import BOT_USER_ID, Json, Message


def upload_url(call: Call) -> Json:
    """`files.getUploadURLExternal`: where the content goes; `length` is in bytes."""
    name, length = call.word("filename"), call.word("length")
    if not name or not length.isdigit() or int(length) == 0:
        raise ApiError("invalid_arguments")
    file, key = call.workspace.files.expect(BOT_USER_ID, name, int(length))
    return {"upload_url": f"{call.origin}/upload/{key}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    """`files.completeUploadExternal`: makes uploaded files known, in a channel or a thread if one is named."""
    wanted = call.decoded("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise ApiError("invalid_arguments")
    files = [_uploaded(call, each) for each in wanted]
    channel = call.channel(argument="channel_id") if call.word("channel_id") else None
    for file, each in zip(files, wanted, strict=True):
        file.shared, file.title = True, str(each.get("title") or file.title)
    shown = [file.as_json(call.origin) for file in files]
    if channel:
        ts, comment = call.workspace.new_ts(), call.word("initial_comment")
        thread = call.thread(channel)
        call.workspace.add(Message(ts, channel.id, BOT_USER_ID, comment, thread_ts=thread, by_app=True, files=shown))
    return {"files": shown}


def info(call: Call) -> Json:
    """`files.info`."""
    file = call.workspace.files.find(call.word("file"))
    if file is None or not file.shared:
        raise ApiError("file_not_found")
    return {"file": file.as_json(call.origin), "comments": [], "response_metadata": {"next_cursor": ""}}


def _uploaded(call: Call, wanted: Any) -> File:
    """A file of the app's whose content has arrived and that was not completed before."""
    file = call.workspace.files.find(str(wanted.get("id"))) if isinstance(wanted, dict) else None
    if file is None or not file.arrived or file.shared or file.user != BOT_USER_ID:
        raise ApiError("file_not_found")
    return file
